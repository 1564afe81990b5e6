#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rl/base/clock.h"

namespace rl {

/// How a store does that is shared with other instances, for people and metrics.
struct SharedStoreStats {
  bool reachable = false;       ///< there is a connection
  std::string_view breaker;     ///< "closed": it is asked; "half-open", "open": it is not
  Micros call_p50{};            ///< how long the latest calls took, the way included
  Micros call_p99{};            ///< likewise
  Micros clock_ahead{};         ///< its clock less the one of this host; 0 while it is unknown
  std::size_t queued = 0;       ///< decisions that wait to be sent
  std::uint32_t instances = 0;  ///< that share the limits

  // Since the start:
  std::uint64_t calls = 0;        ///< to the store
  std::uint64_t asked = 0;        ///< decisions that it was asked for in them
  std::uint64_t denied_here = 0;  ///< denials that were known and not asked for again
  std::uint64_t without = 0;      ///< decisions made without the store
  std::uint64_t late = 0;         ///< decisions that did not come within the deadline
  std::uint64_t unreachable = 0;  ///< that found no connection, or lost it
  std::uint64_t refused = 0;      ///< that the store had an error for
  std::uint64_t overflow = 0;     ///< that found too many waiting
};

}  // namespace rl
