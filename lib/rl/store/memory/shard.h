#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "rl/limit/bucket_state.h"
#include "rl/store/store.h"

namespace rl::memory {

/// One counter and whose it is.
struct Bucket {
  std::uint64_t hash = 0;  ///< of owner and rule; 64 bits tell the few rules of one owner apart
  Instant idle_from{};     ///< from when on a fresh bucket would answer the same
  BucketState state{Algorithm::kSlidingWindow};
  std::array<char, kMaxOwner> owner{};
  std::uint8_t owner_length = 0;

  bool is(const BucketId& id) const {
    return hash == id.hash && std::string_view(owner.data(), owner_length) == id.owner;
  }
};

/// A part of the memory store with a lock of its own: a bounded hash table (open addressing, linear
/// probing) over buckets that stay where they are. Index entries are 16 bytes in a row, so that the
/// search for idle buckets reads them in order and touches few buckets.
/// Whoever calls anything here holds `mutex`.
class Shard {
 public:
  /// `max_buckets` is at least 2 * kMaxCharges, so that a bucket to evict can always be found.
  explicit Shard(std::size_t max_buckets);

  mutable std::mutex mutex;  ///< locked by the store, several shards always in one fixed order

  /// The bucket of that name, or nullptr.
  Bucket* find(const BucketId& id);

  /// A fresh bucket of that name, which must not be there yet. At the bound the one of a handful
  /// that would be idle soonest makes room; never one of `pinned`.
  Bucket* insert(const BucketId& id, Algorithm algorithm, Instant now,
                 std::span<Bucket* const> pinned);

  /// Drops buckets that were idle at `then`, looking at `entries` index entries from `from` on.
  /// Returns where to go on, or 0 at the end.
  std::size_t sweep(std::size_t from, std::size_t entries, Instant then);

  std::size_t size() const { return size_; }
  std::uint64_t evicted_live() const { return evicted_live_; }
  std::uint64_t expired() const { return expired_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  static constexpr std::size_t kChunk = 64;

  struct Entry {
    std::uint32_t tag = 0;  ///< low half of the hash: where the entry belongs, and a quick "no"
    Index bucket = kNone;
    Instant look_at{};  ///< never after the bucket's idle_from: no need to look before
  };

  Bucket& at(Index bucket) { return (*chunks_[bucket / kChunk])[bucket % kChunk]; }
  std::size_t next(std::size_t slot) const { return (slot + 1) & (entries_.size() - 1); }
  void place(const Entry& entry);
  void grow();
  void erase(std::size_t slot);
  void evict(Instant now, std::span<Bucket* const> pinned);
  Index unused_bucket();

  const std::size_t max_buckets_;

  // Guarded by mutex.
  std::vector<Entry> entries_;  ///< their number is a power of two; at most three quarters in use
  std::vector<std::unique_ptr<std::array<Bucket, kChunk>>> chunks_;
  std::vector<Index> unused_;
  std::size_t size_ = 0;
  std::size_t evict_hand_ = 0;
  std::uint64_t evicted_live_ = 0;
  std::uint64_t expired_ = 0;
};

}  // namespace rl::memory
