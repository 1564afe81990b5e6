#include "rl/store/memory/memory_store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <mutex>

#include "rl/store/memory/shard.h"

namespace rl {
namespace {

using memory::Bucket;
using memory::Shard;

constexpr std::size_t kMostShards = 64;
constexpr std::size_t kLeastBucketsPerShard = 2 * kMaxCharges;

/// How many index entries are looked at under one lock: some microseconds.
constexpr std::size_t kSweepStretch = 256;

/// How long an idle bucket is kept for the case that the clock steps back.
constexpr std::chrono::seconds kClockSlack{1};

/// The locks of all shards of one request, taken in the order of their addresses.
class ShardLocks {
 public:
  explicit ShardLocks(std::span<Shard*> shards) {
    std::sort(shards.begin(), shards.end());
    for (Shard* const shard : shards) {
      if (count_ == 0 || locked_[count_ - 1] != shard) {
        shard->mutex.lock();
        locked_[count_++] = shard;
      }
    }
  }
  ShardLocks(const ShardLocks&) = delete;
  ShardLocks& operator=(const ShardLocks&) = delete;
  ~ShardLocks() {
    while (count_ > 0) {
      locked_[--count_]->mutex.unlock();
    }
  }

 private:
  std::array<Shard*, kMaxCharges> locked_;
  std::size_t count_ = 0;
};

/// The first step: how long the charge would have to wait. `bucket` may be nullptr: nothing
/// counted.
Micros wait_for(const Bucket* bucket, const Charge& charge, Instant now) {
  if (bucket == nullptr) {
    return charge.cost > charge.limit.units ? kNever : Micros::zero();
  }
  return bucket->state.wait(charge.limit, charge.cost, now);
}

Usage usage_of(const Bucket* bucket, const Charge& charge, Instant now) {
  if (bucket == nullptr) {
    return {.remaining = charge.limit.units, .reset_after = Micros::zero()};
  }
  return bucket->state.usage(charge.limit, now);
}

}  // namespace

MemoryStore::MemoryStore(const Clock& clock, const Options& options) : clock_(clock) {
  const std::size_t shards = std::clamp<std::size_t>(
      std::bit_floor(options.max_buckets / kLeastBucketsPerShard), 1, kMostShards);
  const std::size_t per_shard =
      std::max(kLeastBucketsPerShard, (options.max_buckets + shards - 1) / shards);
  max_buckets_ = shards * per_shard;
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(per_shard));
  }
}

MemoryStore::~MemoryStore() = default;

Shard& MemoryStore::shard_of(const Charge& charge) {
  return *shards_[(charge.bucket.hash >> 32U) & (shards_.size() - 1)];
}

Result<void> MemoryStore::decide(std::span<const Charge> charges, Mode mode,
                                 std::span<Decision> decisions) {
  assert(charges.size() == decisions.size() && charges.size() <= kMaxCharges);
  std::array<Shard*, kMaxCharges> shards{};
  std::array<Bucket*, kMaxCharges> buckets{};
  for (std::size_t i = 0; i < charges.size(); ++i) {
    shards[i] = &shard_of(charges[i]);
  }
  auto in_order = shards;
  const ShardLocks locks{std::span(in_order).first(charges.size())};
  const Instant now = clock_.now();

  bool all_fit = true;
  for (std::size_t i = 0; i < charges.size(); ++i) {
    buckets[i] = shards[i]->find(charges[i].bucket);
    decisions[i].retry_after = wait_for(buckets[i], charges[i], now);
    decisions[i].allowed = decisions[i].retry_after == Micros::zero();
    all_fit = all_fit && (decisions[i].allowed || !charges[i].enforce);
  }
  for (std::size_t i = 0; i < charges.size(); ++i) {
    const Charge& charge = charges[i];
    if (mode == Mode::kAcquire && all_fit && decisions[i].allowed && charge.cost > 0) {
      if (buckets[i] == nullptr) {
        buckets[i] = shards[i]->insert(charge.bucket, charge.limit.algorithm, now,
                                       std::span(buckets).first(charges.size()));
      }
      buckets[i]->state.record(charge.limit, charge.cost, now);
      buckets[i]->idle_from = buckets[i]->state.idle_from(charge.limit);
    }
    const Usage usage = usage_of(buckets[i], charge, now);
    decisions[i].limit = charge.limit.units;
    decisions[i].remaining = usage.remaining;
    decisions[i].reset_after = usage.reset_after;
  }
  return {};
}

StoreStats MemoryStore::stats() const {
  StoreStats stats{.max_buckets = max_buckets_};
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    stats.buckets += shard->size();
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
