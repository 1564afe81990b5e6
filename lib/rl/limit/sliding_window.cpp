#include "rl/limit/sliding_window.h"

#include <algorithm>

#include "rl/limit/decision.h"

namespace rl::sliding_window {
namespace {

Instant clamped(const StampRing& stamps, Instant now) {
  return stamps.empty() ? now : std::max(now, stamps.back());
}

/// How many stamps have left the window; they are the oldest.
std::uint32_t expired(const StampRing& stamps, Micros window, Instant now) {
  if (stamps.empty() || stamps.front() + window > now) {
    return 0;
  }
  std::uint32_t gone = 1;
  std::uint32_t end = stamps.size();
  while (gone < end) {
    const std::uint32_t middle = gone + (end - gone) / 2;
    if (stamps[middle] + window > now) {
      end = middle;
    } else {
      gone = middle + 1;
    }
  }
  return gone;
}

}  // namespace

Micros wait(const StampRing& stamps, const Limit& limit, std::uint32_t cost, Instant now) {
  if (cost > limit.units || limit.units == 0) {
    return kNever;
  }
  if (cost <= limit.units - std::min(stamps.size(), limit.units)) {
    return Micros::zero();  // it fits beside all stamps, whichever have left the window
  }
  const Instant at = clamped(stamps, now);
  const std::uint32_t gone = expired(stamps, limit.window, at);
  const std::uint64_t wanted = std::uint64_t{stamps.size()} - gone + cost;
  if (wanted <= limit.units || cost == 0) {
    return Micros::zero();
  }
  // The units that must leave first are the oldest `wanted - limit`; the last of them decides.
  const auto last_to_leave = static_cast<std::uint32_t>(wanted - limit.units - 1);
  return stamps[gone + last_to_leave] + limit.window - at;
}

void record(StampRing& stamps, const Limit& limit, std::uint32_t cost, Instant now) {
  const Instant at = clamped(stamps, now);
  stamps.pop_front(expired(stamps, limit.window, at));
  stamps.push_back(at, cost);
}

Usage usage(const StampRing& stamps, const Limit& limit, Instant now) {
  const Instant at = clamped(stamps, now);
  const std::uint32_t gone = expired(stamps, limit.window, at);
  const std::uint32_t live = stamps.size() - gone;
  return {.remaining = limit.units - std::min(live, limit.units),
          .reset_after = live == 0 ? Micros::zero() : stamps[gone] + limit.window - at};
}

}  // namespace rl::sliding_window
