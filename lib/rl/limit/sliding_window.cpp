#include "rl/limit/sliding_window.h"

#include <algorithm>

#include "rl/limit/decision.h"

namespace rl::sliding_window {
namespace {

Instant clamped(const StampRing& stamps, Instant now) {
  return stamps.empty() ? now : std::max(now, stamps.back());
}

/// How many stamps have left the window; they are the oldest. Mostly few: looks at the first, then
/// twice as far each time, and last between the two looks where it changes.
std::uint32_t expired(const StampRing& stamps, Micros window, Instant now) {
  const Instant left = now - window;
  std::uint32_t gone = 0;
  std::uint32_t step = 1;
  while (step <= stamps.size() - gone && stamps[gone + step - 1] <= left) {
    gone += step;
    step = gone;
  }
  std::uint32_t end = gone + std::min(step - 1, stamps.size() - gone);
  while (gone < end) {
    const std::uint32_t middle = gone + (end - gone) / 2;
    if (stamps[middle] > left) {
      end = middle;
    } else {
      gone = middle + 1;
    }
  }
  return gone;
}

/// What is left where `gone` stamps no longer count.
Usage left_beside(const StampRing& stamps, std::uint32_t gone, const Limit& limit, Instant at) {
  const std::uint32_t live = stamps.size() - gone;
  return {.remaining = limit.units - std::min(live, limit.units),
          .reset_after = live == 0 ? Micros::zero() : stamps[gone] + limit.window - at};
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

Usage record(StampRing& stamps, const Limit& limit, std::uint32_t cost, Instant now) {
  const Instant at = clamped(stamps, now);
  stamps.pop_front(expired(stamps, limit.window, at));
  stamps.push_back(at, cost);
  return left_beside(stamps, 0, limit, at);
}

Usage usage(const StampRing& stamps, const Limit& limit, Instant now) {
  const Instant at = clamped(stamps, now);
  return left_beside(stamps, expired(stamps, limit.window, at), limit, at);
}

}  // namespace rl::sliding_window
