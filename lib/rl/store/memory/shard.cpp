#include "rl/store/memory/shard.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rl::memory {
namespace {

constexpr std::size_t kFirstSlots = 16;

/// How many buckets are compared when one has to go.
constexpr std::size_t kEvictionSample = 8;

/// Other bits of the hash than those that pick the slot, and never the 0 of a free slot.
std::uint8_t tag_of(const Key& key) {
  return static_cast<std::uint8_t>(key.low | 0x80U);
}

}  // namespace

Shard::Shard(std::size_t max_buckets, std::size_t max_bytes)
    : tags_(std::make_unique<std::uint8_t[]>(kFirstSlots)),
      buckets_(std::make_unique<Bucket[]>(kFirstSlots)),
      slots_(kFirstSlots),
      max_buckets_(max_buckets),
      max_bytes_(max_bytes) {
  assert(max_buckets >= kLeastBuckets);
}

std::size_t Shard::home(const Key& key) const {
  // The high half of the hash as a fraction of the table: any table size, no division.
  return ((key.low >> 32U) * slots_) >> 32U;
}

std::size_t Shard::distance(std::size_t from, std::size_t to) const {
  return to >= from ? to - from : to + slots_ - from;
}

/// The first slot from `from` on that has the tag or is free.
std::size_t Shard::candidate(std::size_t from, std::uint8_t tag) const {
  std::size_t slot = from;
  while (tags_[slot] != tag && tags_[slot] != 0) {
    slot = next(slot);
  }
  return slot;
}

void Shard::expect(const Key& key) const {
  __builtin_prefetch(&tags_[home(key)]);
}

std::size_t Shard::approach(const Key& key) const {
  const std::size_t slot = candidate(home(key), tag_of(key));
  const auto* const bucket = reinterpret_cast<const char*>(&buckets_[slot]);
  __builtin_prefetch(bucket);
  __builtin_prefetch(bucket + sizeof(Bucket) / 2);
  return slot;
}

Bucket* Shard::find(const Key& key, std::size_t approached) {
  for (std::size_t slot = approached; tags_[slot] != 0; slot = candidate(next(slot), tag_of(key))) {
    if (buckets_[slot].key == key) {
      return &buckets_[slot];
    }
  }
  return nullptr;
}

void Shard::insert(const Key& key, Algorithm algorithm, Instant now, std::span<const Key> pinned) {
  if (size_ == max_buckets_) {
    evict(now, pinned, 0);
  }
  if (8 * (size_ + 1) > 7 * slots_) {
    grow();
  }
  Bucket& bucket = place(key);
  bucket.key = key;
  bucket.idle_from = now;
  bucket.state = BucketState(algorithm);
  ++size_;
}

Usage Shard::record(Bucket& bucket, const Limit& limit, std::uint32_t cost, Instant now) {
  const std::size_t before = bucket.state.heap_bytes();
  const Usage usage = bucket.state.record(limit, cost, now);
  if (const std::size_t after = bucket.state.heap_bytes(); after != before) {
    // Written no more than needed: other processors read its line.
    stamp_bytes_.fetch_add(after - before, std::memory_order_relaxed);
  }
  bucket.idle_from = bucket.state.idle_from(limit);
  return usage;
}

void Shard::make_room(Instant now, std::span<const Key> pinned) {
  while (is_over() && evict(now, pinned, 1)) {
  }
}

std::size_t Shard::sweep(std::size_t from, std::size_t slots, Instant then) {
  std::size_t slot = from;
  for (; slots > 0 && slot < slots_; --slots) {
    if (tags_[slot] != 0 && buckets_[slot].idle_from <= then) {
      erase(slot);  // which may move another bucket into this slot: look at it again
      ++expired_;
    } else {
      ++slot;
    }
  }
  return slot < slots_ ? slot : 0;
}

/// Takes the first free slot for the key.
Bucket& Shard::place(const Key& key) {
  std::size_t slot = home(key);
  while (tags_[slot] != 0) {
    slot = next(slot);
  }
  tags_[slot] = tag_of(key);
  return buckets_[slot];
}

void Shard::grow() {
  const std::size_t old_slots = slots_;
  slots_ += std::max(kFirstSlots, slots_ / 8);
  const auto old_tags = std::exchange(tags_, std::make_unique<std::uint8_t[]>(slots_));
  const auto old_buckets = std::exchange(buckets_, std::make_unique<Bucket[]>(slots_));
  for (std::size_t slot = 0; slot < old_slots; ++slot) {
    if (old_tags[slot] != 0) {
      place(old_buckets[slot].key).take(std::move(old_buckets[slot]));
    }
  }
}

/// Frees the slot and closes the gap, so that every bucket can still be reached from where it
/// belongs (Knuth, TAOCP 3, 6.4, algorithm R).
void Shard::erase(std::size_t slot) {
  stamp_bytes_.fetch_sub(buckets_[slot].state.heap_bytes(), std::memory_order_relaxed);
  std::size_t gap = slot;
  for (std::size_t probe = next(gap); tags_[probe] != 0; probe = next(probe)) {
    const std::size_t belongs = home(buckets_[probe].key);
    if (distance(belongs, probe) >= distance(gap, probe)) {
      tags_[gap] = tags_[probe];
      buckets_[gap].take(std::move(buckets_[probe]));
      gap = probe;
    }
  }
  tags_[gap] = 0;
  buckets_[gap].take(Bucket{});
  --size_;
}

/// Drops one bucket that has so many bytes of stamps beside it. False when there is none.
bool Shard::evict(Instant now, std::span<const Key> pinned, std::size_t least_stamp_bytes) {
  std::size_t soonest = slots_;
  std::size_t seen = 0;
  for (std::size_t step = 0; step < slots_ && seen < kEvictionSample; ++step) {
    evict_hand_ = next(evict_hand_ % slots_);
    const Bucket& bucket = buckets_[evict_hand_];
    if (tags_[evict_hand_] == 0 || bucket.state.heap_bytes() < least_stamp_bytes ||
        std::find(pinned.begin(), pinned.end(), bucket.key) != pinned.end()) {
      continue;
    }
    ++seen;
    if (soonest == slots_ || bucket.idle_from < buckets_[soonest].idle_from) {
      soonest = evict_hand_;
    }
  }
  if (soonest == slots_) {
    return false;
  }
  evicted_live_ += buckets_[soonest].idle_from > now ? 1 : 0;
  erase(soonest);
  return true;
}

}  // namespace rl::memory
