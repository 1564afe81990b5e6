#include "rl/limit/fixed_window.h"

#include <algorithm>

#include "rl/limit/decision.h"

namespace rl::fixed_window {
namespace {

Micros until_end(const WindowCounts& counts, Micros window, Instant now) {
  return counts.start + window - counts.clamped(now);
}

}  // namespace

Micros wait(const WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now) {
  if (cost > limit.units) {
    return kNever;
  }
  const bool fits = cost == 0 || std::uint64_t{counts.current} + cost <= limit.units;
  return fits ? Micros::zero() : until_end(counts, limit.window, now);
}

void record(WindowCounts& counts, std::uint32_t cost) {
  counts.current += cost;
}

Usage usage(const WindowCounts& counts, const Limit& limit, Instant now) {
  return {
      .remaining = limit.units - std::min(counts.current, limit.units),
      .reset_after = counts.current == 0 ? Micros::zero() : until_end(counts, limit.window, now)};
}

}  // namespace rl::fixed_window
