#include "rl/metrics/decision_counters.h"

namespace rl {
namespace {

void add(DecisionTotals& sum, const DecisionTotals& part) {
  sum.allowed += part.allowed;
  sum.denied += part.denied;
}

}  // namespace

void DecisionCounters::count(std::string_view tier, bool allowed, std::string_view denied_by) {
  if (!allowed && denied_by.empty()) {
    denied_by = kOther;
  }
  Stripe& stripe = stripes_[thread_stripe()];
  const std::lock_guard lock(stripe.mutex);
  auto found = stripe.totals.find(std::pair(tier, denied_by));
  if (found == stripe.totals.end()) {
    const bool full = stripe.totals.size() >= kMaxSeries;
    found = stripe.totals
                .try_emplace(full ? Series(kOther, denied_by.empty() ? "" : kOther)
                                  : Series(tier, denied_by))
                .first;
  }
  ++(allowed ? found->second.allowed : found->second.denied);
}

std::map<DecisionCounters::Series, DecisionTotals> DecisionCounters::by_series() const {
  std::map<Series, DecisionTotals> sums;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    for (const auto& [series, totals] : stripe.totals) {
      // The stripes may have met different names: together they must not be more.
      const bool full = sums.size() >= kMaxSeries && !sums.contains(series);
      add(full ? sums[{std::string(kOther), std::string(series.second.empty() ? "" : kOther)}]
               : sums[series],
          totals);
    }
  }
  return sums;
}

std::map<std::string, DecisionTotals> DecisionCounters::by_tier() const {
  std::map<std::string, DecisionTotals> sums;
  for (const auto& [series, totals] : by_series()) {
    add(sums[series.first], totals);
  }
  return sums;
}

DecisionTotals DecisionCounters::total() const {
  DecisionTotals sum;
  for (const auto& [series, totals] : by_series()) {
    add(sum, totals);
  }
  return sum;
}

}  // namespace rl
