#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "rl/store/store.h"

namespace rl {

/// What the shared store said last that was left in a bucket, for the time when it says nothing.
/// Holds a fixed number of buckets; a new one takes the place of another. Safe from several
/// threads.
class LastKnown {
 public:
  struct Left {
    std::uint32_t remaining;
    Instant at;
  };

  LastKnown();

  void learn(std::span<const Charge> charges, std::span<const Decision> decisions, Instant now);

  /// Nothing: never known, or its place was taken.
  std::optional<Left> of(const BucketId& bucket) const;

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kSlotsPerShard = 1024;

  struct Slot {
    std::uint64_t hash = 0;  ///< 0: empty
    Left left{};
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::vector<Slot> slots;  // guarded by mutex
  };

  static std::uint64_t hash_of(const BucketId& bucket);

  std::array<Shard, kShards> shards_;
};

}  // namespace rl
