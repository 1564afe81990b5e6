#include "rl/limit/bucket_state.h"

#include "rl/limit/fixed_window.h"
#include "rl/limit/sliding_counter.h"
#include "rl/limit/sliding_window.h"

namespace rl {

BucketState::BucketState(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kSlidingWindow:
      state_.emplace<StampRing>();
      return;
    case Algorithm::kSlidingCounter:
    case Algorithm::kFixedWindow:
      state_.emplace<WindowCounts>();
      return;
    case Algorithm::kTokenBucket:
      state_.emplace<TokenLevel>();
      return;
  }
}

Micros BucketState::wait(const Limit& limit, std::uint32_t cost, Instant now) const {
  switch (limit.algorithm) {
    case Algorithm::kSlidingWindow:
      return sliding_window::wait(std::get<StampRing>(state_), limit, cost, now);
    case Algorithm::kSlidingCounter:
      return sliding_counter::wait(std::get<WindowCounts>(state_), limit, cost, now);
    case Algorithm::kFixedWindow:
      return fixed_window::wait(std::get<WindowCounts>(state_), limit, cost, now);
    case Algorithm::kTokenBucket:
      return token_bucket::wait(std::get<TokenLevel>(state_), limit, cost, now);
  }
  return kNever;
}

Usage BucketState::record(const Limit& limit, std::uint32_t cost, Instant now) {
  switch (limit.algorithm) {
    case Algorithm::kSlidingWindow:
      return sliding_window::record(std::get<StampRing>(state_), limit, cost, now);
    case Algorithm::kSlidingCounter:
      sliding_counter::record(std::get<WindowCounts>(state_), limit, cost, now);
      break;
    case Algorithm::kFixedWindow:
      fixed_window::record(std::get<WindowCounts>(state_), limit, cost, now);
      break;
    case Algorithm::kTokenBucket:
      token_bucket::record(std::get<TokenLevel>(state_), limit, cost, now);
      break;
  }
  return usage(limit, now);
}

Usage BucketState::usage(const Limit& limit, Instant now) const {
  switch (limit.algorithm) {
    case Algorithm::kSlidingWindow:
      return sliding_window::usage(std::get<StampRing>(state_), limit, now);
    case Algorithm::kSlidingCounter:
      return sliding_counter::usage(std::get<WindowCounts>(state_), limit, now);
    case Algorithm::kFixedWindow:
      return fixed_window::usage(std::get<WindowCounts>(state_), limit, now);
    case Algorithm::kTokenBucket:
      return token_bucket::usage(std::get<TokenLevel>(state_), limit, now);
  }
  return {};
}

Instant BucketState::idle_from(const Limit& limit) const {
  if (const auto* const stamps = std::get_if<StampRing>(&state_)) {
    return stamps->empty() ? Instant::min() : stamps->back() + limit.window;
  }
  if (const auto* const counts = std::get_if<WindowCounts>(&state_)) {
    // A sliding counter looks at the window before the current one as well.
    return counts->start + 2 * limit.window;
  }
  const auto& level = std::get<TokenLevel>(state_);
  const Micros refill = token_bucket::longest_refill(level, limit);
  return refill == kNever ? Instant::max() : level.at + refill;
}

}  // namespace rl
