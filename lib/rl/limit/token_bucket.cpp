#include "rl/limit/token_bucket.h"

#include <algorithm>
#include <cmath>

#include "rl/limit/decision.h"

namespace rl::token_bucket {
namespace {

constexpr std::int64_t kUnit = 1'000'000;

/// What is told of a bucket that nothing flows into now: far away, but a time.
constexpr Micros kLongestReset = std::chrono::hours{24 * 365};

double refill_per_window(const Limit& limit) {
  return static_cast<double>(std::min(limit.base, limit.units)) * kUnit;
}

/// Millionths of a token that `elapsed` brings. Doubles, in this order, so that every store
/// computes the same number.
std::int64_t refill(const Limit& limit, Micros elapsed) {
  const double brought = static_cast<double>(elapsed.count()) * refill_per_window(limit) /
                         static_cast<double>(limit.window.count());
  return static_cast<std::int64_t>(std::min(std::floor(brought), 0x1p62));
}

/// How long it takes from an untouched level until `amount` millionths have come in.
Micros time_for(const Limit& limit, std::int64_t amount) {
  if (amount <= 0) {
    return Micros::zero();
  }
  const double exact = static_cast<double>(amount) * static_cast<double>(limit.window.count()) /
                       refill_per_window(limit);
  if (!(exact < 0x1p62)) {  // also when nothing ever comes in: the quotient is infinite
    return kNever;
  }
  Micros elapsed{std::llround(exact)};
  // The division may be off by a rounding: settle on the first microsecond that really suffices.
  while (elapsed > Micros::zero() && refill(limit, elapsed - Micros{1}) >= amount) {
    --elapsed;
  }
  while (refill(limit, elapsed) < amount) {
    ++elapsed;
  }
  return elapsed;
}

/// The same, counted from `now` instead of from the moment of the level.
Micros time_left(const TokenLevel& level, const Limit& limit, std::int64_t amount, Instant now) {
  const Micros whole = time_for(limit, amount);
  const Micros passed = std::max(now, level.at) - level.at;
  return whole == kNever ? kNever : std::max(whole - passed, Micros::zero());
}

std::int64_t taken_at(const TokenLevel& level, const Limit& limit, Instant now) {
  const Micros passed = std::max(now, level.at) - level.at;
  return level.taken - std::min(level.taken, refill(limit, passed));
}

}  // namespace

Micros wait(const TokenLevel& level, const Limit& limit, std::uint32_t cost, Instant now) {
  if (cost > limit.units || limit.units == 0) {
    return kNever;
  }
  const std::int64_t room = (std::int64_t{limit.units} - cost) * kUnit;
  return cost == 0 ? Micros::zero() : time_left(level, limit, level.taken - room, now);
}

void record(TokenLevel& level, const Limit& limit, std::uint32_t cost, Instant now) {
  level.taken = taken_at(level, limit, now) + cost * kUnit;
  level.at = std::max(now, level.at);
}

Usage usage(const TokenLevel& level, const Limit& limit, Instant now) {
  const std::int64_t left = limit.units * kUnit - taken_at(level, limit, now);
  return {.remaining = left > 0 ? static_cast<std::uint32_t>(left / kUnit) : 0,
          .reset_after = std::min(time_left(level, limit, level.taken, now), kLongestReset)};
}

Micros longest_refill(const TokenLevel& level, const Limit& limit) {
  const std::uint32_t slowest = std::max(1U, std::min(limit.base, limit.degraded));
  return time_for({.window = limit.window, .units = slowest, .base = slowest}, level.taken);
}

}  // namespace rl::token_bucket
