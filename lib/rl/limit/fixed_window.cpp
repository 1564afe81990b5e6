#include "rl/limit/fixed_window.h"

#include <algorithm>

#include "rl/limit/decision.h"

namespace rl::fixed_window {
namespace {

Micros until_end(const WindowCounts& counts, Micros window, Instant now) {
  return counts.start + window - counts.clamped(now);
}

}  // namespace

Micros wait(const WindowCounts& state, const Limit& limit, std::uint32_t cost, Instant now) {
  if (cost > limit.units || limit.units == 0) {
    return kNever;
  }
  const WindowCounts counts = state.at(limit.window, now);
  const bool fits = cost == 0 || std::uint64_t{counts.current} + cost <= limit.units;
  return fits ? Micros::zero() : until_end(counts, limit.window, now);
}

void record(WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now) {
  counts = counts.at(limit.window, now);
  counts.current += cost;
}

Usage usage(const WindowCounts& state, const Limit& limit, Instant now) {
  const WindowCounts counts = state.at(limit.window, now);
  return {
      .remaining = limit.units - std::min(counts.current, limit.units),
      .reset_after = counts.current == 0 ? Micros::zero() : until_end(counts, limit.window, now)};
}

}  // namespace rl::fixed_window
