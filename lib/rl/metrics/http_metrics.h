#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/clock.h"
#include "rl/metrics/histogram.h"

namespace rl {

/// The requests of one route, by method and status. Safe from several threads.
class RouteMetrics {
 public:
  /// A method that is not one of the usual counts as "other", a status beyond 599 as 599.
  void count(std::string_view method, int status);

  /// Counts, and how long it took.
  void record(std::string_view method, int status, Micros duration) {
    count(method, status);
    durations_.observe(duration);
  }

  /// How often each method had each status; those that never occurred are left out.
  struct Count {
    std::string_view method;
    int status = 0;
    std::uint64_t requests = 0;
  };
  std::vector<Count> counts() const;
  Histogram::Totals durations() const { return durations_.totals(); }

 private:
  static constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST", "PUT",
                                                               "PATCH", "DELETE", "other"};
  static constexpr int kFirstStatus = 100;
  static constexpr std::size_t kStatuses = 500;

  // Relaxed: each is a number of its own and publishes nothing else.
  using Statuses = std::array<std::atomic<std::uint64_t>, kStatuses>;

  std::array<Statuses, kMethods.size()> counts_{};
  Histogram durations_;
};

/// Every request that a server answered, by the route that it was matched to: a path that a handler
/// is mounted at, or "other". Safe from several threads.
class HttpMetrics {
 public:
  /// The clock outlives it.
  explicit HttpMetrics(const Clock& clock) : clock_(clock) {}

  /// The metrics of a path at which something is mounted: to be asked for once, when it is mounted.
  /// Stays where it is.
  RouteMetrics& route(std::string_view path);

  /// Of all requests that no mounted path answered; without durations.
  RouteMetrics& other() { return other_; }
  const RouteMetrics& other() const { return other_; }

  const Clock& clock() const { return clock_; }

  /// Every route with its name, "other" among them.
  std::vector<std::pair<std::string, const RouteMetrics*>> all() const;

 private:
  RouteMetrics other_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<RouteMetrics>, std::less<>> routes_;  // guarded by mutex_
};

}  // namespace rl
