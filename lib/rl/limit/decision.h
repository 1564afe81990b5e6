#pragma once

#include <cstdint>

#include "rl/base/clock.h"

namespace rl {

/// A retry-after that never comes: the cost is larger than the limit.
inline constexpr Micros kNever = Micros::max();

/// What one rule says to one request. A denial is a value, not an error.
struct Decision {
  bool allowed = false;
  std::uint32_t limit = 0;      ///< the number that was in force
  std::uint32_t remaining = 0;  ///< units left after this decision
  Micros reset_after{};         ///< until the next unit frees; 0 when none is in use
  Micros retry_after{};         ///< of a denial: until the same request fits; kNever if it cannot

  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace rl
