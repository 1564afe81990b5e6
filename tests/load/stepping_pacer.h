#pragma once

#include <algorithm>

#include "rl/base/manual_clock.h"
#include "rl/load/pacer.h"

namespace rl::test {

/// Lets a manual clock jump to the time that is waited for. For one thread.
class SteppingPacer final : public load::Pacer {
 public:
  explicit SteppingPacer(ManualClock& clock) : clock_(clock) {}

  bool wait_until(Instant when, const std::stop_token& stop) const override {
    clock_.advance(std::max(Micros::zero(), when - clock_.now()));
    return !stop.stop_requested();
  }

 private:
  ManualClock& clock_;
};

}  // namespace rl::test
