#pragma once

#include <cstdint>

#include "rl/base/clock.h"

namespace rl {

/// The units of the current window and of the one before it; windows are aligned to the clock.
/// The state of fixed_window and sliding_counter.
struct WindowCounts {
  Instant start{};  ///< of the current window
  std::uint32_t current = 0;
  std::uint32_t previous = 0;

  /// The counts as they are at `now`, moved on by as many windows as have begun since. A clock that
  /// steps back stays in the window it had reached.
  WindowCounts at(Micros window, Instant now) const;

  /// `now`, but not before the current window.
  Instant clamped(Instant now) const { return now < start ? start : now; }
};

}  // namespace rl
