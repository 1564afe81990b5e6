#include "rl/load/pacer.h"

#include <algorithm>
#include <thread>

namespace rl::load {

bool SleepingPacer::wait_until(Instant when, const std::stop_token& stop) const {
  constexpr Micros kSlice = std::chrono::milliseconds{20};
  while (!stop.stop_requested()) {
    const Micros left = when - clock_.now();
    if (left <= Micros::zero()) {
      return true;
    }
    std::this_thread::sleep_for(std::min(left, kSlice));
  }
  return false;
}

}  // namespace rl::load
