#pragma once

#include <memory>
#include <vector>

#include "rl/base/clock.h"
#include "rl/store/store.h"

namespace rl {

namespace memory {
class Shard;
class StripedLocks;
struct Request;
}  // namespace memory

/// Counters in the memory of this process: exact, bounded, never unreachable, gone with the
/// process. Idle buckets leave when sweep() is called. At a bound, of a handful of buckets the one
/// that would be idle soonest makes room: any for one more bucket; one with many stamps for more
/// stamps. Its history is forgotten and counted in StoreStats::evicted_live; a new caller is
/// decided as ever. Buckets are spread over shards, each with its part of the bounds; the buckets
/// of one owner share a shard. A decision on buckets that are there holds their locks, so that
/// threads meet only at the same bucket; one that has to add a bucket holds its shards alone. Locks
/// are always taken in the same order: shards, then buckets.
class MemoryStore final : public Store {
 public:
  struct Options {
    std::size_t max_buckets = 1'000'000;  ///< rounded up to what the shards hold; but no more
                                          ///< than fit into half of `max_bytes`
    /// Of memory for all buckets. The buckets of one request always stay, so that a shard may pass
    /// its part of the bound by the stamps of those.
    std::size_t max_bytes = std::size_t{1} << 30U;
    std::uint64_t hash_seed = 0;  ///< random and secret where clients choose names
  };

  /// The clock outlives the store.
  MemoryStore(const Clock& clock, const Options& options);
  ~MemoryStore() override;

  Result<std::string_view> decide(std::span<const Charge> charges, Mode mode,
                                  std::span<Decision> decisions) override;

  StoreStats stats() const override;
  std::string_view kind() const override { return "memory"; }

  /// Drops what has been idle for a second; that long a clock may step back without anything being
  /// freed. To be called about once a second, off the request path: each lock is held only for a
  /// short stretch of the index.
  void sweep();

 private:
  enum class Done { kYes, kOver, kLacksBucket };

  void seat(const memory::Request& request) const;
  Done decide_in_place(const memory::Request& request);
  Done decide_alone(const memory::Request& request);

  const Clock& clock_;
  const std::uint64_t hash_seed_;
  std::size_t max_buckets_;
  std::size_t max_bytes_;
  std::vector<std::unique_ptr<memory::Shard>> shards_;  ///< their number is a power of two
  std::unique_ptr<memory::StripedLocks> locks_;
};

}  // namespace rl
