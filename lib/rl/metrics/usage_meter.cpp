#include "rl/metrics/usage_meter.h"

#include <algorithm>

namespace rl {

std::size_t UsageMeter::Hash::operator()(const Place& place) const {
  // Ids are small numbers in a row: the multiplications spread them over the table (Fibonacci
  // hashing).
  std::uint64_t bits = place.owner.user * 0x9E3779B97F4A7C15U;
  bits = (bits ^ place.owner.key) * 0xC2B2AE3D27D4EB4FU;
  bits = (bits ^ static_cast<std::uint64_t>(place.minute)) * 0x165667B19E3779F9U;
  return bits ^ (bits >> 32U);
}

void UsageMeter::count(const UsageOwner& owner, WallTime at, bool allowed) {
  const Place place{owner, std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count()};
  Stripe& stripe = stripes_[thread_stripe()];
  const std::lock_guard lock(stripe.mutex);
  auto found = stripe.sums.find(place);
  if (found == stripe.sums.end()) {
    if (stripe.sums.size() >= kMostWaiting) {
      ++stripe.missed;
      return;
    }
    found = stripe.sums.try_emplace(place).first;
  }
  Sum& sum = found->second;
  ++(allowed ? sum.totals.allowed : sum.totals.denied);
  sum.last = std::max(sum.last, at);
}

std::vector<UsageCount> UsageMeter::take() {
  Sums all;
  for (Stripe& stripe : stripes_) {
    Sums taken;
    {
      const std::lock_guard lock(stripe.mutex);
      taken.swap(stripe.sums);
    }
    for (const auto& [place, sum] : taken) {
      Sum& whole = all[place];
      whole.totals += sum.totals;
      whole.last = std::max(whole.last, sum.last);
    }
  }
  std::vector<UsageCount> counts;
  counts.reserve(all.size());
  for (const auto& [place, sum] : all) {
    counts.push_back(
        {.owner = place.owner, .minute = place.minute, .totals = sum.totals, .last = sum.last});
  }
  return counts;
}

std::uint64_t UsageMeter::missed() const {
  std::uint64_t missed = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    missed += stripe.missed;
  }
  return missed;
}

}  // namespace rl
