#pragma once

#include <cstdint>

#include "rl/limit/limit.h"
#include "rl/limit/window_counts.h"

/// An estimate of the exact sliding window from two counters: the units of the previous aligned
/// window count as if they had been spread evenly over it,
///   estimate = previous · (1 − elapsed/W) + current.
/// When they were not, the estimate is wrong by at most `previous` units.
/// Source: Cloudflare, "How we built rate limiting capable of scaling to millions of domains",
/// 2017.
namespace rl::sliding_counter {

/// How long until `cost` units fit: 0 when they do now, kNever when cost > limit.
Micros wait(const WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now);

/// Counts `cost` units. Precondition: they fit.
void record(WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now);

/// remaining = the whole units that fit now; reset = the end of the aligned window, when either
/// counter is in use.
Usage usage(const WindowCounts& counts, const Limit& limit, Instant now);

}  // namespace rl::sliding_counter
