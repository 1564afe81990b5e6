#pragma once

#include <cstdint>

#include "rl/limit/limit.h"
#include "rl/limit/stamp_ring.h"

/// The exact sliding window: in every window of length W at most L units are admitted. State: the
/// stamps of the admitted units, oldest first. A stamp of exactly now − W is no longer live. Time
/// is never earlier than the last stamp, so a clock that steps back neither frees nor
/// double-counts. Asking is O(1) while nothing has expired, else O(log n); recording is amortised
/// O(1) per unit.
namespace rl::sliding_window {

/// How long until `cost` units fit under the limit: 0 when they do now, kNever when cost > limit.
Micros wait(const StampRing& stamps, const Limit& limit, std::uint32_t cost, Instant now);

/// Counts `cost` units and drops what has left the window; returns the usage then. Precondition:
/// they fit.
Usage record(StampRing& stamps, const Limit& limit, std::uint32_t cost, Instant now);

/// remaining = max(0, L − live units); reset = when the oldest live unit leaves.
Usage usage(const StampRing& stamps, const Limit& limit, Instant now);

}  // namespace rl::sliding_window
