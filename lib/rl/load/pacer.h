#pragma once

#include <stop_token>

#include "rl/base/clock.h"

namespace rl::load {

/// Waits for intended times: the one place of this module that sleeps. Safe from several threads.
class Pacer {
 public:
  virtual ~Pacer() = default;

  /// Returns when `when` has come, at once if it is past; false when asked to stop before.
  virtual bool wait_until(Instant when, const std::stop_token& stop) const = 0;
};

/// Sleeps on the system's time; the clock's owner outlives it. Wakes at most some tens of
/// microseconds late on an idle machine, and notices a stop within 20 ms.
class SleepingPacer final : public Pacer {
 public:
  explicit SleepingPacer(const Clock& clock) : clock_(clock) {}

  bool wait_until(Instant when, const std::stop_token& stop) const override;

 private:
  const Clock& clock_;
};

}  // namespace rl::load
