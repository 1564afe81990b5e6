#pragma once

#include <deque>
#include <mutex>

#include "rl/base/clock.h"
#include "rl/metrics/decision_counters.h"

namespace rl {

/// Requests per second over the last seconds.
struct Rates {
  double requests_per_second = 0;
  double denied_per_second = 0;
};

/// Turns totals into rates: it is shown the totals about once a second and remembers kSpan of them.
/// Safe from several threads.
class RateMeter {
 public:
  static constexpr std::chrono::seconds kSpan{10};

  void sample(Instant now, const DecisionTotals& totals);

  /// Over the samples of the last kSpan; zero until there are two.
  Rates rates() const;

 private:
  struct Sample {
    Instant at;
    DecisionTotals totals;
  };

  mutable std::mutex mutex_;
  std::deque<Sample> samples_;  // guarded by mutex_; oldest first
};

}  // namespace rl
