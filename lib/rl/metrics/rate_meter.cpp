#include "rl/metrics/rate_meter.h"

namespace rl {

void RateMeter::sample(Instant now, const DecisionTotals& totals) {
  const std::lock_guard lock(mutex_);
  samples_.push_back({now, totals});
  while (samples_.size() > 2 && samples_.front().at + kSpan < now) {
    samples_.pop_front();
  }
}

Rates RateMeter::rates() const {
  const std::lock_guard lock(mutex_);
  if (samples_.size() < 2 || samples_.back().at <= samples_.front().at) {
    return {};
  }
  const auto& [first_at, first] = samples_.front();
  const auto& [last_at, last] = samples_.back();
  const double seconds = std::chrono::duration<double>(last_at - first_at).count();
  const auto denied = static_cast<double>(last.denied - first.denied);
  const auto allowed = static_cast<double>(last.allowed - first.allowed);
  return {.requests_per_second = (allowed + denied) / seconds,
          .denied_per_second = denied / seconds};
}

}  // namespace rl
