#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "rl/base/clock.h"
#include "rl/metrics/stripe.h"

namespace rl {

/// Whose requests are counted together.
struct UsageOwner {
  std::uint64_t user = 0;
  std::uint64_t key = 0;  ///< 0: what was recorded for the user without a key

  bool operator==(const UsageOwner&) const = default;
};

/// What was asked for.
struct UsageTotals {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;

  UsageTotals& operator+=(const UsageTotals& other) {
    allowed += other.allowed;
    denied += other.denied;
    return *this;
  }
  bool operator==(const UsageTotals&) const = default;
};

/// The requests of one owner in one minute.
struct UsageCount {
  UsageOwner owner;
  std::int64_t minute = 0;  ///< since 1970 UTC
  UsageTotals totals;
  WallTime last{};  ///< the latest of them

  bool operator==(const UsageCount&) const = default;
};

/// Counts requests by user, key and minute until somebody takes the counts away. Bounded. Safe from
/// several threads; counting takes one mutex that few threads share, and no memory for an owner
/// that is there.
class UsageMeter {
 public:
  /// The most owners and minutes that wait to be taken, in each of kStripes; requests of further
  /// ones are only counted as missed().
  static constexpr std::size_t kMostWaiting = 16'384;

  void count(const UsageOwner& owner, WallTime at, bool allowed);

  /// What was counted since the last time, in no order; of one owner and minute once.
  std::vector<UsageCount> take();

  /// Requests that there was no room for, since start.
  std::uint64_t missed() const;

 private:
  struct Place {
    UsageOwner owner;
    std::int64_t minute = 0;
    bool operator==(const Place&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Place& place) const;
  };
  struct Sum {
    UsageTotals totals;
    WallTime last{};
  };
  using Sums = std::unordered_map<Place, Sum, Hash>;
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    Sums sums;                 // guarded by mutex
    std::uint64_t missed = 0;  // guarded by mutex
  };

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace rl
