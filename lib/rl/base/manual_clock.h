#pragma once

#include <atomic>

#include "rl/base/clock.h"

namespace rl {

/// A clock that stands still until it is told to move: for tests and for simulation.
/// Steady time starts at 1000 s, calendar time at 2026-01-01T00:00:00Z, and both move together.
/// Safe from several threads.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return Instant{Micros{now_us_.load(std::memory_order_relaxed)}}; }

  WallTime wall_now() const override {
    return WallTime{std::chrono::seconds{1'767'225'600}} + (now().time_since_epoch() - kStart);
  }

  /// Moves both clocks by `step`, which may be negative: a clock that steps back.
  void advance(Micros step) { now_us_.fetch_add(step.count(), std::memory_order_relaxed); }

 private:
  static constexpr Micros kStart = std::chrono::seconds{1000};
  // Relaxed: the time is a number of its own and publishes nothing else.
  std::atomic<std::int64_t> now_us_{kStart.count()};
};

}  // namespace rl
