#pragma once

namespace rl::redis {

// The texts of directory.lua, usage.lua and transfer.lua, which are one script, put in by the
// build.
extern const char* const kDirectoryScript;  // NOLINT(readability-identifier-naming): a constant
extern const char* const kUsageScript;      // NOLINT(readability-identifier-naming): a constant
extern const char* const kTransferScript;   // NOLINT(readability-identifier-naming): a constant

}  // namespace rl::redis
