#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace rl {

/// Requests decided, since start.
struct DecisionTotals {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
};

/// Counts decisions by tier, and requests refused before any decision. Safe from several threads.
class DecisionCounters {
 public:
  void count(std::string_view tier, bool allowed);
  void count_unauthenticated() { unauthenticated_.fetch_add(1, std::memory_order_relaxed); }

  std::map<std::string, DecisionTotals> by_tier() const;
  DecisionTotals total() const;
  std::uint64_t unauthenticated() const { return unauthenticated_.load(std::memory_order_relaxed); }

 private:
  // Relaxed: each is a number of its own and publishes nothing else.
  struct Cell {
    std::atomic<std::uint64_t> allowed{0};
    std::atomic<std::uint64_t> denied{0};
  };

  Cell& cell(std::string_view tier);

  mutable std::shared_mutex mutex_;  ///< guards the map, not the cells, which stay where they are
  std::map<std::string, std::unique_ptr<Cell>, std::less<>> cells_;
  std::atomic<std::uint64_t> unauthenticated_{0};
};

}  // namespace rl
