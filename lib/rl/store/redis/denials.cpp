#include "rl/store/redis/denials.h"

#include <algorithm>

namespace rl::redis {
namespace {

/// What never passes is asked about again after this, for its reset.
constexpr Micros kNeverFor = std::chrono::seconds{1};

bool counts_stamps(Algorithm algorithm) {
  return algorithm == Algorithm::kSlidingWindow || algorithm == Algorithm::kFixedWindow;
}

/// How long this denial and its retry-after stay true whatever others do; 0 when that is not known.
Micros lasts(const Charge& charge, const Decision& decision) {
  if (decision.remaining > 0) {
    return Micros::zero();  // somebody who asks for less may get it
  }
  if (decision.retry_after == kNever) {
    return decision.reset_after > Micros::zero() ? std::min(decision.reset_after, kNeverFor)
                                                 : kNeverFor;
  }
  if (charge.cost == 1) {
    return decision.retry_after;
  }
  return counts_stamps(charge.limit.algorithm)
             ? std::min(decision.retry_after, decision.reset_after)
             : Micros::zero();
}

/// The same denial, some time later.
Decision aged(Decision decision, Micros age) {
  const Micros reset = std::max(decision.reset_after - age, Micros::zero());
  if (!decision.allowed && decision.retry_after != kNever) {
    decision.retry_after -= age;
    // The units that were to free next have done so and are still too few.
    decision.reset_after = reset > Micros::zero() ? reset : decision.retry_after;
  } else {
    decision.reset_after = reset;
  }
  return decision;
}

}  // namespace

bool Denials::recall(const Question& question, Instant now, std::span<Decision> decisions) const {
  const Shard& shard = shards_[question.hash % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(question.hash);
  if (found == shard.entries.end()) {
    return false;
  }
  const Entry& entry = found->second;
  if (now < entry.asked || now >= entry.until || entry.text != question.text) {
    return false;
  }
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    decisions[i] = aged(entry.decisions[i], std::max(now - entry.answered, Micros::zero()));
  }
  recalled_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Denials::remember(const Question& question, const Moment& asked, Instant answered,
                       std::span<const Charge> charges, std::span<const Decision> decisions) {
  Micros shortest = Micros::max();
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (charges[i].enforce && !decisions[i].allowed) {
      shortest = std::min(shortest, lasts(charges[i], decisions[i]));
    }
  }
  if (shortest == Micros::zero() || shortest == Micros::max()) {
    return;
  }
  Shard& shard = shards_[question.hash % kShards];
  const std::lock_guard lock(shard.mutex);
  if (forgotten_.load(std::memory_order_acquire) != asked.forgotten) {
    return;
  }
  if (shard.entries.size() >= kMostPerShard) {
    std::erase_if(shard.entries, [&](const auto& entry) { return entry.second.until <= asked.at; });
    if (shard.entries.size() >= kMostPerShard) {
      shard.entries.clear();  // they are learnt again, each by one call
    }
  }
  shard.entries.insert_or_assign(question.hash,
                                 Entry{.text = std::string(question.text),
                                       .asked = asked.at,
                                       .answered = answered,
                                       .until = answered + shortest,
                                       .decisions = {decisions.begin(), decisions.end()}});
}

void Denials::forget_all() {
  forgotten_.fetch_add(1, std::memory_order_release);
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.entries.clear();
  }
}

}  // namespace rl::redis
