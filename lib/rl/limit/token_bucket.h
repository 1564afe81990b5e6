#pragma once

#include <cstdint>

#include "rl/limit/limit.h"

namespace rl {

/// The state of token_bucket: how much is taken out of the bucket. Kept as units, not as a
/// theoretical arrival time, so that a limit that is cut or raised hands no units out by itself.
struct TokenLevel {
  Instant at{};            ///< when `taken` was true
  std::int64_t taken = 0;  ///< millionths of a unit
};

/// A bucket of L tokens, refilled steadily with min(base, L) tokens per W. Smooth; up to L tokens
/// at once and L + min(base, L) in one window. A refill is rounded down to millionths of a token,
/// so that rounding never admits. All the time since the last admission counts at the rate in force
/// when the bucket is asked, whatever was in force in between.
namespace token_bucket {

/// How long until `cost` tokens are there: 0 when they are now, kNever when cost > limit. Here and
/// below a clock that steps back refills nothing.
Micros wait(const TokenLevel& level, const Limit& limit, std::uint32_t cost, Instant now);

/// Takes `cost` tokens. Precondition: they are there.
void record(TokenLevel& level, const Limit& limit, std::uint32_t cost, Instant now);

/// remaining = whole tokens; reset = when the bucket is full again, at most a year.
Usage usage(const TokenLevel& level, const Limit& limit, Instant now);

/// How long from `level.at` until the bucket is full in whichever state of health. Where the limit
/// can become 0, which refills nothing, one token per window is taken for it.
Micros longest_refill(const TokenLevel& level, const Limit& limit);

}  // namespace token_bucket
}  // namespace rl
