#pragma once

#include <string>
#include <string_view>

#include "rl/base/clock.h"
#include "rl/base/result.h"

namespace rl {

/// Reads a whole number and a unit: ms, s, m, h or d ("100ms", "1m", "31d"). No sign, no space.
Result<Micros> parse_duration(std::string_view text);

/// The shortest form that parse_duration() reads back: 60 s is "1m", 90 s is "90s".
/// Precondition: a whole number of milliseconds, not negative.
std::string format_duration(Micros duration);

/// Whole seconds, rounded up: what Retry-After and its kin want, never earlier than the truth.
std::int64_t ceil_seconds(Micros duration);

/// RFC 3339 in UTC, to the second: "2026-01-01T00:00:00Z".
std::string format_utc(WallTime time);

}  // namespace rl
