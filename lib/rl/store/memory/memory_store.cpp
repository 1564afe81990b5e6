#include "rl/store/memory/memory_store.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <mutex>
#include <span>

#include "rl/store/memory/shard.h"

namespace rl {
namespace {

using memory::Bucket;
using memory::Key;
using memory::Shard;

/// A shard grows under its lock, which takes about 0.1 ms for so many buckets.
constexpr std::size_t kBucketsPerShard = 4096;

/// Enough for some of the largest exact windows, which take up to 1 MB each.
constexpr std::size_t kLeastBytesPerShard = std::size_t{4} << 20U;

/// How many index entries are looked at under one lock: some microseconds.
constexpr std::size_t kSweepStretch = 256;

/// How long an idle bucket is kept for the case that the clock steps back.
constexpr std::chrono::seconds kClockSlack{1};

/// A charge's place in the store. `bucket` is nullptr while nothing is counted there.
struct Seat {
  Key key;
  Shard* shard;
  Bucket* bucket = nullptr;
};

/// The locks of all shards of one request, taken in the order of their addresses.
class ShardLocks {
 public:
  explicit ShardLocks(std::span<const Seat> seats) {
    for (const Seat& seat : seats) {
      shards_[count_++] = seat.shard;
    }
    const auto end = shards_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::sort(shards_.begin(), end);
    count_ = static_cast<std::size_t>(std::unique(shards_.begin(), end) - shards_.begin());
    for (std::size_t i = 0; i < count_; ++i) {
      shards_[i]->mutex.lock();
    }
  }
  ShardLocks(const ShardLocks&) = delete;
  ShardLocks& operator=(const ShardLocks&) = delete;
  ~ShardLocks() {
    while (count_ > 0) {
      shards_[--count_]->mutex.unlock();
    }
  }

 private:
  std::array<Shard*, kMaxCharges> shards_;
  std::size_t count_ = 0;
};

void find_all(std::span<Seat> seats) {
  for (Seat& seat : seats) {
    seat.bucket = seat.shard->find(seat.key);
  }
}

/// The first step: how long the charge would have to wait. `bucket` may be nullptr: nothing
/// counted.
Micros wait_for(const Bucket* bucket, const Charge& charge, Instant now) {
  if (bucket == nullptr) {
    const bool fits = charge.cost <= charge.limit.units && charge.limit.units > 0;
    return fits ? Micros::zero() : kNever;
  }
  return bucket->state.wait(charge.limit, charge.cost, now);
}

Usage usage_of(const Bucket* bucket, const Charge& charge, Instant now) {
  if (bucket == nullptr) {
    return {.remaining = charge.limit.units, .reset_after = Micros::zero()};
  }
  return bucket->state.usage(charge.limit, now);
}

/// Counts every charge that fits.
void count(std::span<const Charge> charges, std::span<const Decision> decisions,
           std::span<Seat> seats, Instant now) {
  std::array<Key, kMaxCharges> room;
  const auto pinned = std::span(room).first(seats.size());
  std::transform(seats.begin(), seats.end(), pinned.begin(),
                 [](const Seat& seat) { return seat.key; });
  const auto counts = [&](std::size_t i) { return decisions[i].allowed && charges[i].cost > 0; };

  bool inserted = false;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    if (counts(i) && seats[i].bucket == nullptr) {
      seats[i].shard->insert(seats[i].key, charges[i].limit.algorithm, now, pinned);
      inserted = true;
    }
  }
  if (inserted) {
    find_all(seats);  // an insert may have moved the others
  }
  bool over = false;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    if (counts(i)) {
      seats[i].shard->record(*seats[i].bucket, charges[i].limit, charges[i].cost, now);
      over = over || seats[i].shard->is_over();
    }
  }
  if (over) {
    for (const Seat& seat : seats) {
      seat.shard->make_room(now, pinned);
    }
    find_all(seats);
  }
}

}  // namespace

MemoryStore::MemoryStore(const Clock& clock, const Options& options)
    : clock_(clock), hash_seed_(options.hash_seed) {
  const std::size_t wanted =
      std::min(options.max_buckets / kBucketsPerShard, options.max_bytes / kLeastBytesPerShard);
  const std::size_t shards = std::bit_ceil(std::max<std::size_t>(1, wanted));
  const std::size_t bytes = options.max_bytes / shards;
  const std::size_t buckets = std::max(
      Shard::kLeastBuckets,
      std::min((options.max_buckets + shards - 1) / shards, bytes / 2 / Shard::kBytesPerBucket));
  max_buckets_ = shards * buckets;
  max_bytes_ = shards * bytes;
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(buckets, bytes));
  }
}

MemoryStore::~MemoryStore() = default;

Result<std::string_view> MemoryStore::decide(std::span<const Charge> charges, Mode mode,
                                             std::span<Decision> decisions) {
  assert(charges.size() == decisions.size() && charges.size() <= kMaxCharges);
  std::array<Seat, kMaxCharges> room;
  const std::span seats = std::span(room).first(charges.size());
  std::string_view hashed;
  XXH128_hash_t owner{};
  for (std::size_t i = 0; i < seats.size(); ++i) {
    const BucketId& id = charges[i].bucket;
    if (i == 0 || id.owner != hashed) {
      hashed = id.owner;
      owner = XXH3_128bits_withSeed(hashed.data(), hashed.size(), hash_seed_);
    }
    const std::uint64_t rule = XXH3_64bits_withSeed(id.rule.data(), id.rule.size(), hash_seed_);
    seats[i] = {.key = {.high = owner.high64 + rule, .low = owner.low64 ^ rule},
                .shard = shards_[owner.high64 & (shards_.size() - 1)].get()};
  }
  const ShardLocks locks(seats);
  for (const Seat& seat : seats) {
    seat.shard->prefetch(seat.key);  // memory works on all of them while the clock is read
  }
  const Instant now = clock_.now();
  find_all(seats);

  bool all_fit = true;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    decisions[i].retry_after = wait_for(seats[i].bucket, charges[i], now);
    decisions[i].allowed = decisions[i].retry_after == Micros::zero();
    all_fit = all_fit && (decisions[i].allowed || !charges[i].enforce);
  }
  if (mode == Mode::kAcquire && all_fit) {
    count(charges, decisions, seats, now);
  }
  for (std::size_t i = 0; i < seats.size(); ++i) {
    const Usage usage = usage_of(seats[i].bucket, charges[i], now);
    decisions[i].limit = charges[i].limit.units;
    decisions[i].remaining = usage.remaining;
    decisions[i].reset_after = usage.reset_after;
  }
  return kind();
}

StoreStats MemoryStore::stats() const {
  StoreStats stats{.max_buckets = max_buckets_, .max_bytes = max_bytes_};
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    stats.buckets += shard->size();
    stats.bytes += shard->bytes();
    stats.evicted_live += shard->evicted_live();
    stats.expired += shard->expired();
  }
  return stats;
}

void MemoryStore::sweep() {
  for (const auto& shard : shards_) {
    std::size_t from = 0;
    do {
      const std::lock_guard lock(shard->mutex);
      from = shard->sweep(from, kSweepStretch, clock_.now() - kClockSlack);
    } while (from != 0);
  }
}

}  // namespace rl
