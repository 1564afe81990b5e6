#pragma once

#include <cstdint>
#include <vector>

#include "rl/base/clock.h"
#include "rl/limit/limit.h"

namespace rl::load {

// The case in which the algorithms differ most: a caller spends a whole limit at the end of one
// window of the clock and asks for as much again at the begin of the next, and goes on asking.

/// How many windows of the clock the case takes.
inline constexpr int kBoundaryWindows = 3;

/// A burst takes this part of a window: one ends at the first boundary, the next begins there.
inline constexpr int kBurstsInWindow = 20;

/// One request and what became of it.
struct BoundaryRequest {
  Micros at{};  ///< from the begin of the first window
  std::uint32_t units = 0;
  bool allowed = false;
};

/// The units admitted in one window of the limit's length, of which the begin is not part.
struct WindowCount {
  Micros end{};
  std::uint64_t units = 0;
};

/// What a limit does in the boundary case.
struct BoundaryCase {
  Limit limit;
  std::vector<BoundaryRequest> requests;  ///< in the order of time
  std::vector<WindowCount> counts;        ///< whenever it changes, in the order of time

  std::uint64_t allowed_units() const;
  std::uint64_t denied_units() const;
  /// Of the allowed units, those of the two bursts: within a tenth of a window.
  std::uint64_t allowed_in_bursts() const;
  /// The first of the largest counts.
  WindowCount largest() const;
  /// By how much that is more than the limit.
  std::uint64_t excess() const;
};

/// What a burst asks for: as much as the limit, and one unit of a limit of 0.
std::uint64_t burst_units(const Limit& limit);

/// What is asked for per window after the bursts: a fifth more, rounded up.
std::uint64_t steady_units(const Limit& limit);

/// The requests of the case, none decided yet: a burst on each side of the first boundary, then
/// steadily until the end.
std::vector<BoundaryRequest> boundary_traffic(const Limit& limit);

/// Asks the limit's own algorithm (rl::BucketState), from an empty bucket on, and counts the
/// windows by walking over all that it admitted.
BoundaryCase play_boundary(const Limit& limit);

/// The most units that a limit which does not change admits in any window of its length: the bound
/// of docs/algorithms.md, for whatever traffic.
std::uint64_t most_in_window(const Limit& limit);

}  // namespace rl::load
