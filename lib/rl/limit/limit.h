#pragma once

#include <cstdint>

#include "rl/base/clock.h"
#include "rl/limit/rule.h"

namespace rl {

/// A rule as one decision sees it: the number in force now, and what the algorithms need with it.
struct Limit {
  Algorithm algorithm = Algorithm::kSlidingWindow;
  Micros window{};
  std::uint32_t units = 0;     ///< the effective limit
  std::uint32_t base = 0;      ///< the promise; sets the refill of a token bucket
  std::uint32_t degraded = 0;  ///< the smallest the limit can become: a state is kept that long
};

/// What is left of a limit.
struct Usage {
  std::uint32_t remaining = 0;  ///< units
  Micros reset_after{};         ///< until the next unit frees; 0 when none is in use
};

}  // namespace rl
