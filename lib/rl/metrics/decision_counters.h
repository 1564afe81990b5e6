#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "rl/metrics/histogram.h"
#include "rl/metrics/stripe.h"

namespace rl {

/// Requests decided, since start.
struct DecisionTotals {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;

  friend bool operator==(const DecisionTotals&, const DecisionTotals&) = default;
};

/// Counts decisions by tier and rule, requests refused before any decision, and how long deciding
/// took. Safe from several threads.
class DecisionCounters {
 public:
  /// The most pairs of a tier and a rule that are told apart; further ones count as kOther. Only
  /// policies that are replaced by ones with other names can come so far.
  static constexpr std::size_t kMaxSeries = 1000;
  static constexpr std::string_view kOther = "other";

  /// A tier, and the rule that denied its requests: Rule::id, empty for the admitted ones.
  using Series = std::pair<std::string, std::string>;

  /// Counts one request; a denied one under the rule that bound it.
  void count(std::string_view tier, bool allowed, std::string_view denied_by = {});
  void count_unauthenticated() { unauthenticated_.fetch_add(1, std::memory_order_relaxed); }
  void count_store_error() { store_errors_.fetch_add(1, std::memory_order_relaxed); }

  /// How long a decision took, and the store's part of it.
  Histogram& decision_time() { return decision_time_; }
  Histogram& store_time() { return store_time_; }
  const Histogram& decision_time() const { return decision_time_; }
  const Histogram& store_time() const { return store_time_; }

  std::map<Series, DecisionTotals> by_series() const;
  std::map<std::string, DecisionTotals> by_tier() const;
  DecisionTotals total() const;
  std::uint64_t unauthenticated() const { return unauthenticated_.load(std::memory_order_relaxed); }
  std::uint64_t store_errors() const { return store_errors_.load(std::memory_order_relaxed); }

 private:
  /// Compares names with names to be looked up, which are not strings of their own.
  struct Less {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      const int order = std::string_view(a.first).compare(b.first);
      return order != 0 ? order < 0 : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    std::map<Series, DecisionTotals, Less> totals;  // guarded by mutex
  };

  std::array<Stripe, kStripes> stripes_;
  Histogram decision_time_;
  Histogram store_time_;
  // Relaxed: each is a number of its own and publishes nothing else.
  std::atomic<std::uint64_t> unauthenticated_{0};
  std::atomic<std::uint64_t> store_errors_{0};
};

}  // namespace rl
