#include "rl/limit/sliding_window.h"

#include <algorithm>

#include "rl/limit/decision.h"

namespace rl::sliding_window {
namespace {

Instant clamped(const StampRing& live, Instant now) {
  return live.empty() ? now : std::max(now, live.back());
}

}  // namespace

void expire(StampRing& live, Micros window, Instant now) {
  const Instant at = clamped(live, now);
  while (!live.empty() && live.front() + window <= at) {
    live.pop_front();
  }
}

Micros wait(const StampRing& live, const Limit& limit, std::uint32_t cost, Instant now) {
  if (cost > limit.units) {
    return kNever;
  }
  const std::uint64_t wanted = std::uint64_t{live.size()} + cost;
  if (wanted <= limit.units || cost == 0) {
    return Micros::zero();
  }
  // The units that must leave first are the oldest `wanted - limit`; the last of them decides.
  const auto last_to_leave = static_cast<std::uint32_t>(wanted - limit.units - 1);
  return live[last_to_leave] + limit.window - clamped(live, now);
}

void record(StampRing& live, std::uint32_t cost, Instant now) {
  live.push_back(clamped(live, now), cost);
}

Usage usage(const StampRing& live, const Limit& limit, Instant now) {
  const std::uint32_t used = std::min(live.size(), limit.units);
  const Micros reset =
      live.empty() ? Micros::zero() : live.front() + limit.window - clamped(live, now);
  return {.remaining = limit.units - used, .reset_after = reset};
}

}  // namespace rl::sliding_window
