#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "rl/base/clock.h"
#include "rl/metrics/stripe.h"

namespace rl {

/// How often something took how long. Safe from several threads; observing costs two relaxed
/// additions on a cache line that few threads share.
class Histogram {
 public:
  /// The upper bounds of the buckets, each included; what is longer falls into one more.
  static constexpr std::array<Micros, 19> kBounds = {
      Micros{5},       Micros{10},        Micros{25},        Micros{50},        Micros{100},
      Micros{250},     Micros{500},       Micros{1'000},     Micros{2'500},     Micros{5'000},
      Micros{10'000},  Micros{25'000},    Micros{50'000},    Micros{100'000},   Micros{250'000},
      Micros{500'000}, Micros{1'000'000}, Micros{2'500'000}, Micros{10'000'000}};

  /// A reading. While others observe, a duration may be in a bucket and not yet in the sum.
  struct Totals {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< not added up
    Micros sum{0};
  };

  void observe(Micros duration);
  Totals totals() const;

 private:
  struct alignas(64) Stripe {
    // Relaxed: each is a number of its own and publishes nothing else.
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts{};
    std::atomic<std::int64_t> sum_us{0};
  };

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace rl
