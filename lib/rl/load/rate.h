#pragma once

#include <string>
#include <string_view>

#include "rl/base/clock.h"
#include "rl/base/result.h"

namespace rl::load {

/// How many requests a second are meant to leave.
struct Rate {
  double per_second = 0;

  /// The time between two requests that follow each other.
  std::chrono::duration<double> interval() const {
    return std::chrono::duration<double>(1.0 / per_second);
  }

  /// "250/s", "0.5/s": the shortest form that parse_rate() reads back.
  std::string to_string() const;
};

/// The fastest rate that a plan may have.
inline constexpr double kMaxRatePerSecond = 1'000'000;

/// Reads a decimal number and its unit: "250/s", "0.5/s", "300/m". More than 0 and at most
/// kMaxRatePerSecond.
Result<Rate> parse_rate(std::string_view text);

}  // namespace rl::load
