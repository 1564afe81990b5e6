#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "rl/base/clock.h"

namespace rl::redis {

/// How long the latest calls took, the last 256 of them. One thread adds, any number of threads
/// ask.
class RecentTimes {
 public:
  /// Of the calls that are remembered; 0 when there was none.
  struct Quantiles {
    Micros p50{};
    Micros p99{};
  };

  void add(Micros took) {
    const std::size_t at = added_.load(std::memory_order_relaxed);
    times_[at % kKept].store(took.count(), std::memory_order_relaxed);
    added_.store(at + 1, std::memory_order_release);
  }

  Quantiles quantiles() const {
    const std::size_t count = std::min(added_.load(std::memory_order_acquire), kKept);
    if (count == 0) {
      return {};
    }
    std::vector<std::int64_t> times(count);
    std::transform(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(count),
                   times.begin(),
                   [](const auto& time) { return time.load(std::memory_order_relaxed); });
    std::sort(times.begin(), times.end());
    return {.p50 = Micros{times[count / 2]}, .p99 = Micros{times[count * 99 / 100]}};
  }

 private:
  static constexpr std::size_t kKept = 256;

  // Relaxed: one time or another of a call that ends just now does no harm.
  std::array<std::atomic<std::int64_t>, kKept> times_{};
  std::atomic<std::size_t> added_{0};  // released after its time is there
};

}  // namespace rl::redis
