#include "rl/metrics/decision_counters.h"

#include <mutex>

namespace rl {

void DecisionCounters::count(std::string_view tier, bool allowed) {
  Cell& counters = cell(tier);
  (allowed ? counters.allowed : counters.denied).fetch_add(1, std::memory_order_relaxed);
}

std::map<std::string, DecisionTotals> DecisionCounters::by_tier() const {
  const std::shared_lock lock(mutex_);
  std::map<std::string, DecisionTotals> totals;
  for (const auto& [tier, counters] : cells_) {
    totals[tier] = {.allowed = counters->allowed.load(std::memory_order_relaxed),
                    .denied = counters->denied.load(std::memory_order_relaxed)};
  }
  return totals;
}

DecisionTotals DecisionCounters::total() const {
  DecisionTotals sum;
  for (const auto& [tier, totals] : by_tier()) {
    sum.allowed += totals.allowed;
    sum.denied += totals.denied;
  }
  return sum;
}

DecisionCounters::Cell& DecisionCounters::cell(std::string_view tier) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = cells_.find(tier); found != cells_.end()) {
      return *found->second;
    }
  }
  const std::unique_lock lock(mutex_);
  auto& counters = cells_[std::string(tier)];
  if (counters == nullptr) {
    counters = std::make_unique<Cell>();
  }
  return *counters;
}

}  // namespace rl
