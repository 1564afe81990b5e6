#include "rl/base/clock.h"

namespace rl {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now());
}

WallTime SystemClock::wall_now() const {
  return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

}  // namespace rl
