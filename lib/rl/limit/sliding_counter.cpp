#include "rl/limit/sliding_counter.h"

#include <cmath>

#include "rl/limit/decision.h"

namespace rl::sliding_counter {
namespace {

/// The estimate after `elapsed` of the current window. Evaluated in doubles, in this order, so that
/// every store computes the same number.
double estimate(std::uint32_t previous, std::uint32_t current, Micros elapsed, Micros window) {
  const auto left = static_cast<double>((window - elapsed).count());
  return previous * left / static_cast<double>(window.count()) + current;
}

/// The first moment of a window, from its start, at which the estimate is at most `room`. There is
/// one at the latest when the previous window no longer counts. Precondition: current <= room.
Micros first_fit(std::uint32_t previous, std::uint32_t current, std::uint32_t room, Micros window) {
  if (estimate(previous, current, Micros::zero(), window) <= room) {
    return Micros::zero();
  }
  const double share = static_cast<double>(room - current) / previous;
  Micros elapsed{std::llround(static_cast<double>(window.count()) * (1.0 - share))};
  // The division may be off by a rounding: settle on the first microsecond that really fits.
  while (elapsed > Micros::zero() &&
         estimate(previous, current, elapsed - Micros{1}, window) <= room) {
    --elapsed;
  }
  while (estimate(previous, current, elapsed, window) > room) {
    ++elapsed;
  }
  return elapsed;
}

}  // namespace

Micros wait(const WindowCounts& state, const Limit& limit, std::uint32_t cost, Instant now) {
  if (cost > limit.units || limit.units == 0) {
    return kNever;
  }
  const WindowCounts counts = state.at(limit.window, now);
  const std::uint32_t room = limit.units - cost;
  const Micros elapsed = counts.clamped(now) - counts.start;
  if (cost == 0 || estimate(counts.previous, counts.current, elapsed, limit.window) <= room) {
    return Micros::zero();
  }
  if (counts.current <= room) {
    return first_fit(counts.previous, counts.current, room, limit.window) - elapsed;
  }
  // Too much in this window alone: wait for the next, in which it is the previous one.
  return limit.window - elapsed + first_fit(counts.current, 0, room, limit.window);
}

void record(WindowCounts& counts, const Limit& limit, std::uint32_t cost, Instant now) {
  counts = counts.at(limit.window, now);
  counts.current += cost;
}

Usage usage(const WindowCounts& state, const Limit& limit, Instant now) {
  const WindowCounts counts = state.at(limit.window, now);
  const Micros elapsed = counts.clamped(now) - counts.start;
  const double used = estimate(counts.previous, counts.current, elapsed, limit.window);
  const double left = std::floor(limit.units - used);
  const bool in_use = counts.current > 0 || counts.previous > 0;
  return {.remaining = left > 0 ? static_cast<std::uint32_t>(left) : 0,
          .reset_after = in_use ? limit.window - elapsed : Micros::zero()};
}

}  // namespace rl::sliding_counter
