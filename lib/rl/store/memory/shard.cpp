#include "rl/store/memory/shard.h"

#include <algorithm>
#include <cassert>

namespace rl::memory {
namespace {

constexpr std::size_t kFirstEntries = 16;

/// How many buckets are compared when one has to go.
constexpr std::size_t kEvictionSample = 8;

std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash);
}

}  // namespace

Shard::Shard(std::size_t max_buckets) : max_buckets_(max_buckets), entries_(kFirstEntries) {
  assert(max_buckets >= 2 * kMaxCharges);
}

Bucket* Shard::find(const BucketId& id) {
  const std::uint32_t tag = tag_of(id.hash);
  for (std::size_t slot = tag & (entries_.size() - 1);; slot = next(slot)) {
    const Entry& entry = entries_[slot];
    if (entry.bucket == kNone) {
      return nullptr;
    }
    if (entry.tag == tag && at(entry.bucket).is(id)) {
      return &at(entry.bucket);
    }
  }
}

Bucket* Shard::insert(const BucketId& id, Algorithm algorithm, Instant now,
                      std::span<Bucket* const> pinned) {
  assert(id.owner.size() <= kMaxOwner);
  if (size_ == max_buckets_) {
    evict(now, pinned);
  }
  if (4 * (size_ + 1) > 3 * entries_.size()) {
    grow();
  }
  const Index index = unused_bucket();
  Bucket& bucket = at(index);
  bucket.hash = id.hash;
  bucket.state = BucketState(algorithm);
  bucket.owner_length = static_cast<std::uint8_t>(id.owner.size());
  std::copy(id.owner.begin(), id.owner.end(), bucket.owner.begin());
  place({.tag = tag_of(id.hash), .bucket = index, .look_at = now});
  ++size_;
  return &bucket;
}

std::size_t Shard::sweep(std::size_t from, std::size_t entries, Instant then) {
  std::size_t slot = from;
  for (; entries > 0 && slot < entries_.size(); --entries) {
    Entry& entry = entries_[slot];
    if (entry.bucket == kNone || entry.look_at > then) {
      ++slot;
      continue;
    }
    entry.look_at = at(entry.bucket).idle_from;
    if (entry.look_at > then) {
      ++slot;
      continue;
    }
    erase(slot);  // which may move another entry into this slot: look at it again
    ++expired_;
  }
  return slot < entries_.size() ? slot : 0;
}

void Shard::place(const Entry& entry) {
  std::size_t slot = entry.tag & (entries_.size() - 1);
  while (entries_[slot].bucket != kNone) {
    slot = next(slot);
  }
  entries_[slot] = entry;
}

void Shard::grow() {
  std::vector<Entry> old(2 * entries_.size());
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (entry.bucket != kNone) {
      place(entry);
    }
  }
}

/// Frees the slot and closes the gap, so that every entry can still be reached from where it
/// belongs (Knuth, TAOCP 3, 6.4, algorithm R).
void Shard::erase(std::size_t slot) {
  const Index bucket = entries_[slot].bucket;
  at(bucket) = Bucket{};
  unused_.push_back(bucket);
  --size_;
  const std::size_t mask = entries_.size() - 1;
  std::size_t gap = slot;
  for (std::size_t probe = next(gap); entries_[probe].bucket != kNone; probe = next(probe)) {
    const std::size_t home = entries_[probe].tag & mask;
    if (((probe - home) & mask) >= ((probe - gap) & mask)) {
      entries_[gap] = entries_[probe];
      gap = probe;
    }
  }
  entries_[gap] = Entry{};
}

void Shard::evict(Instant now, std::span<Bucket* const> pinned) {
  std::size_t soonest = entries_.size();
  std::size_t seen = 0;
  // A full shard has far more buckets than can be pinned, so this ends within one round.
  for (std::size_t step = 0; step < entries_.size() && seen < kEvictionSample; ++step) {
    evict_hand_ = next(evict_hand_);
    const Index bucket = entries_[evict_hand_].bucket;
    if (bucket == kNone || std::find(pinned.begin(), pinned.end(), &at(bucket)) != pinned.end()) {
      continue;
    }
    ++seen;
    if (soonest == entries_.size() ||
        at(bucket).idle_from < at(entries_[soonest].bucket).idle_from) {
      soonest = evict_hand_;
    }
  }
  assert(soonest < entries_.size());
  evicted_live_ += at(entries_[soonest].bucket).idle_from > now ? 1 : 0;
  erase(soonest);
}

Shard::Index Shard::unused_bucket() {
  if (unused_.empty()) {
    const auto first = static_cast<Index>(chunks_.size() * kChunk);
    chunks_.push_back(std::make_unique<std::array<Bucket, kChunk>>());
    for (Index i = kChunk; i > 0; --i) {
      unused_.push_back(first + i - 1);
    }
  }
  const Index index = unused_.back();
  unused_.pop_back();
  return index;
}

}  // namespace rl::memory
