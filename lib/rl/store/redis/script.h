#pragma once

namespace rl::redis {

/// The text of decide.lua and the files that go on with it, put together by the build.
extern const char* const kDecideScript;  // NOLINT(readability-identifier-naming): a constant

}  // namespace rl::redis
