#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rl/store/store.h"

namespace rl::redis {

/// Remembers denials until their retry-after, counted from when it was told, so that a caller who
/// goes on asking costs Redis nothing, and one question when it has waited. That may be longer than
/// the denial is true by as much as its answer was under way, and no more. A denial is remembered
/// for exactly the same buckets, limits and cost, and only while nothing can be left in a bucket
/// that denied: then no admission of others makes its retry-after later than it was told. Of limits
/// that did not deny it tells what was true when Redis was asked. Bounded. Safe from several
/// threads.
class Denials {
 public:
  /// What was asked, as a number and in whole.
  struct Question {
    std::uint64_t hash;
    std::string_view text;
  };

  /// True when these charges are known to be denied now; then the decisions are filled in.
  bool recall(const Question& question, Instant now, std::span<Decision> decisions) const;

  /// Before Redis is asked.
  struct Moment {
    Instant at;
    std::uint64_t forgotten;  ///< how often all was forgotten until then
  };
  Moment moment(Instant now) const { return {now, forgotten_.load(std::memory_order_acquire)}; }

  /// Remembers them if they are a denial that lasts, and nothing was forgotten meanwhile.
  void remember(const Question& question, const Moment& asked, Instant answered,
                std::span<const Charge> charges, std::span<const Decision> decisions);

  void forget_all();

  /// How often a denial was told from memory, since the start.
  std::uint64_t recalled() const { return recalled_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kMostPerShard = 1024;

  struct Entry {
    std::string text;
    Instant asked;
    Instant answered;
    Instant until;
    std::vector<Decision> decisions;  ///< as of `answered`
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, Entry> entries;  // guarded by mutex
  };

  std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> forgotten_{0};         // released before anything is forgotten
  mutable std::atomic<std::uint64_t> recalled_{0};  // relaxed: a counter
};

}  // namespace rl::redis
