#pragma once

namespace rl::redis {

/// The text of decide.lua, put in by the build.
extern const char* const kDecideScript;  // NOLINT(readability-identifier-naming): a constant

}  // namespace rl::redis
