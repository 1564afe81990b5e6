#pragma once

#include <cstdint>
#include <variant>

#include "rl/limit/decision.h"
#include "rl/limit/limit.h"
#include "rl/limit/stamp_ring.h"
#include "rl/limit/token_bucket.h"
#include "rl/limit/window_counts.h"

namespace rl {

/// What one bucket remembers, for whichever algorithm, and the one way to ask it:
///   wait = state.wait(limit, cost, now);  if (wait == 0) state.record(limit, cost, now);
/// Pure: time and limit come in as arguments. The algorithm of the limit must be the one the state
/// was made for; its units and base may change from call to call. Not safe from several threads.
class BucketState {
 public:
  explicit BucketState(Algorithm algorithm);

  /// How long until `cost` units fit: 0 when they do now, kNever when cost > limit.
  Micros wait(const Limit& limit, std::uint32_t cost, Instant now) const;

  /// Counts `cost` units and returns what is left then. Precondition: they fit.
  Usage record(const Limit& limit, std::uint32_t cost, Instant now);

  /// What is left.
  Usage usage(const Limit& limit, Instant now) const;

  /// From when on a fresh state would answer the same as this one.
  Instant idle_from(const Limit& limit) const;

  /// What the state holds outside itself.
  std::size_t heap_bytes() const {
    const auto* const stamps = std::get_if<StampRing>(&state_);
    return stamps == nullptr ? 0 : stamps->heap_bytes();
  }

 private:
  // What holds a state may put a byte of its own behind the variant's index.
  [[no_unique_address]] std::variant<StampRing, WindowCounts, TokenLevel> state_;
};

}  // namespace rl
