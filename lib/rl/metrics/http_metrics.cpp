#include "rl/metrics/http_metrics.h"

#include <algorithm>

namespace rl {

void RouteMetrics::count(std::string_view method, int status) {
  const auto* const known = std::find(kMethods.begin(), kMethods.end() - 1, method);
  const int code = std::clamp(status, kFirstStatus, kFirstStatus + static_cast<int>(kStatuses) - 1);
  counts_[static_cast<std::size_t>(known - kMethods.begin())]
         [static_cast<std::size_t>(code - kFirstStatus)]
             .fetch_add(1, std::memory_order_relaxed);
}

std::vector<RouteMetrics::Count> RouteMetrics::counts() const {
  std::vector<Count> counts;
  for (std::size_t method = 0; method < kMethods.size(); ++method) {
    for (std::size_t i = 0; i < kStatuses; ++i) {
      if (const auto requests = counts_[method][i].load(std::memory_order_relaxed); requests > 0) {
        counts.push_back({.method = kMethods[method],
                          .status = kFirstStatus + static_cast<int>(i),
                          .requests = requests});
      }
    }
  }
  return counts;
}

RouteMetrics& HttpMetrics::route(std::string_view path) {
  const std::lock_guard lock(mutex_);
  auto& metrics = routes_[std::string(path)];
  if (metrics == nullptr) {
    metrics = std::make_unique<RouteMetrics>();
  }
  return *metrics;
}

std::vector<std::pair<std::string, const RouteMetrics*>> HttpMetrics::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, const RouteMetrics*>> all;
  for (const auto& [path, metrics] : routes_) {
    all.emplace_back(path, metrics.get());
  }
  all.emplace_back("other", &other_);
  return all;
}

}  // namespace rl
