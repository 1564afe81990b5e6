#pragma once

#include <cstdint>

#include "rl/limit/limit.h"
#include "rl/limit/window_counts.h"

/// At most L units in each window aligned to the clock; up to 2L in a window that lies across a
/// boundary.
namespace rl::fixed_window {

/// How long until `cost` units fit: 0 when they do now, kNever when cost > limit.
Micros wait(const WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now);

/// Counts `cost` units. Precondition: they fit.
void record(WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now);

/// reset = the end of the aligned window, when anything in it is used.
Usage usage(const WindowCounts& counts, const Limit& limit, Instant now);

}  // namespace rl::fixed_window
