#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "rl/limit/bucket_state.h"
#include "rl/store/memory/spin_lock.h"
#include "rl/store/store.h"

namespace rl::memory {

/// A bucket's name as 128 bits, which the store hashes out of it with a seed that nobody knows:
/// that two names share one is less likely than a fault of the machine, and cannot be arranged.
struct Key {
  std::uint64_t high;
  std::uint64_t low;  ///< picks the slot

  friend bool operator==(const Key&, const Key&) = default;
};

/// One counter: two adjacent cache lines, so that a decision waits for memory once. Its lock is in
/// them too: taking it costs no further line.
struct alignas(64) Bucket {
  Key key;
  Instant idle_from{};  ///< from when on a fresh bucket would answer the same
  [[no_unique_address]] BucketState state{Algorithm::kSlidingWindow};
  SpinLock lock;  ///< guards idle_from and state, where the shard is not held alone

  /// What moves when the bucket does: all but the lock.
  void take(Bucket&& other) {
    key = other.key;
    idle_from = other.idle_from;
    state = std::move(other.state);
  }
};

static_assert(sizeof(Bucket) == 128);

/// A part of the memory store with locks of its own (striped_locks.h): a bounded hash table with
/// linear probing. The buckets stand in the table itself, with a byte of their hash beside it, so
/// that looking one up touches that bucket and hardly another; the table grows by an eighth, so
/// that at least three quarters of it are in use. Pointers to buckets hold until the next insert(),
/// make_room() or sweep(): whoever calls one of these holds all locks of the shard. For the others
/// one is enough, and for record() that of the bucket as well.
class alignas(64) Shard {
 public:
  /// `max_buckets` is at least kLeastBuckets, so that a bucket to evict can always be found.
  Shard(std::size_t max_buckets, std::size_t max_bytes);

  static constexpr std::size_t kLeastBuckets = 2 * kMaxCharges;

  /// What a bucket takes of memory at most, without stamps beside it: the table has free slots.
  static constexpr std::size_t kBytesPerBucket = 170;

  /// Tells the processor to fetch what approach() reads.
  void expect(const Key& key) const;

  /// The slot at which find() starts; tells the processor to fetch what stands there.
  std::size_t approach(const Key& key) const;

  /// The bucket of that name, or nullptr. `approached` is what approach() said since the last time
  /// that a bucket was added or dropped.
  Bucket* find(const Key& key, std::size_t approached);

  /// Adds a fresh bucket, which must not be there yet. At the bound the one of a handful that would
  /// be idle soonest makes room; never one of `pinned`.
  void insert(const Key& key, Algorithm algorithm, Instant now, std::span<const Key> pinned);

  /// Counts in the bucket, which is one of this shard, and returns what is left. What it holds
  /// beside itself may pass the bound until make_room() is called.
  Usage record(Bucket& bucket, const Limit& limit, std::uint32_t cost, Instant now);

  bool is_over() const { return bytes() > max_bytes_; }

  /// Drops buckets with stamps beside them until the bound on bytes holds or none but the `pinned`
  /// are left: of a handful at a time the one that would be idle soonest.
  void make_room(Instant now, std::span<const Key> pinned);

  /// Drops buckets that were idle at `then`, looking at `slots` slots from `from` on. Returns where
  /// to go on, or 0 at the end.
  std::size_t sweep(std::size_t from, std::size_t slots, Instant then);

  std::size_t size() const { return size_; }
  std::size_t bytes() const {
    return slots_ * (1 + sizeof(Bucket)) + stamp_bytes_.load(std::memory_order_relaxed);
  }
  std::uint64_t evicted_live() const { return evicted_live_; }
  std::uint64_t expired() const { return expired_; }

 private:
  std::size_t home(const Key& key) const;
  std::size_t candidate(std::size_t from, std::uint8_t tag) const;
  std::size_t next(std::size_t slot) const { return slot + 1 == slots_ ? 0 : slot + 1; }
  std::size_t distance(std::size_t from, std::size_t to) const;
  Bucket& place(const Key& key);
  void grow();
  void erase(std::size_t slot);
  bool evict(Instant now, std::span<const Key> pinned, std::size_t least_stamp_bytes);

  // What every decision reads stands in one cache line, which is seldom written.
  std::unique_ptr<std::uint8_t[]> tags_;  ///< per slot: 0 when free, else a byte of the hash
  std::unique_ptr<Bucket[]> buckets_;     ///< per slot
  std::size_t slots_ = 0;

  const std::size_t max_buckets_;
  const std::size_t max_bytes_;
  std::size_t size_ = 0;
  // What the buckets hold beside themselves. Relaxed: a number of its own.
  std::atomic<std::size_t> stamp_bytes_{0};
  std::size_t evict_hand_ = 0;
  std::uint64_t evicted_live_ = 0;
  std::uint64_t expired_ = 0;
};

}  // namespace rl::memory
