#pragma once

namespace rl::redis {

/// The texts of health.lua and presence.lua, put in by the build.
extern const char* const kHealthScript;    // NOLINT(readability-identifier-naming): a constant
extern const char* const kPresenceScript;  // NOLINT(readability-identifier-naming): a constant

}  // namespace rl::redis
