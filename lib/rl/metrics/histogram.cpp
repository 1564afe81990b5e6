#include "rl/metrics/histogram.h"

#include <algorithm>

namespace rl {

void Histogram::observe(Micros duration) {
  const auto* const bound = std::lower_bound(kBounds.begin(), kBounds.end(), duration);
  Stripe& stripe = stripes_[thread_stripe()];
  stripe.counts[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(
      1, std::memory_order_relaxed);
  stripe.sum_us.fetch_add(duration.count(), std::memory_order_relaxed);
}

Histogram::Totals Histogram::totals() const {
  Totals totals;
  for (const Stripe& stripe : stripes_) {
    for (std::size_t i = 0; i < totals.counts.size(); ++i) {
      totals.counts[i] += stripe.counts[i].load(std::memory_order_relaxed);
    }
    totals.sum += Micros{stripe.sum_us.load(std::memory_order_relaxed)};
  }
  return totals;
}

}  // namespace rl
