#pragma once

#include <chrono>

namespace rl {

/// The resolution of every window, stamp and deadline: one microsecond (that of Redis' TIME).
using Micros = std::chrono::microseconds;

/// A point of steady time. Comparable only within one process. Never before the epoch of its clock.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Micros>;

/// A point of calendar time (UTC), only for what people and clients read.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Micros>;

/// Where time comes from. Everything that needs time takes a `const Clock&`, whose owner outlives
/// it, so that tests and the simulator can run on a time of their own. Safe from several threads.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Steady time: for windows, deadlines and measurements.
  virtual Instant now() const = 0;

  /// Calendar time: for headers, logs and records.
  virtual WallTime wall_now() const = 0;
};

/// The clocks of this machine. The one place that asks the system for the time.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
  WallTime wall_now() const override;
};

}  // namespace rl
