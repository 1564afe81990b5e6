#include "rl/store/fallback/last_known.h"

#include <functional>

namespace rl {

LastKnown::LastKnown() {
  for (Shard& shard : shards_) {
    shard.slots.resize(kSlotsPerShard);
  }
}

std::uint64_t LastKnown::hash_of(const BucketId& bucket) {
  const std::hash<std::string_view> hash;
  // Mixed unequally, as owner and rule must not cancel each other out.
  return (hash(bucket.owner) * 0x9E3779B97F4A7C15ULL ^ hash(bucket.rule)) | 1U;
}

void LastKnown::learn(std::span<const Charge> charges, std::span<const Decision> decisions,
                      Instant now) {
  for (std::size_t i = 0; i < charges.size(); ++i) {
    const std::uint64_t hash = hash_of(charges[i].bucket);
    Shard& shard = shards_[(hash >> 1U) % kShards];
    const std::lock_guard lock(shard.mutex);
    shard.slots[(hash >> 7U) % kSlotsPerShard] = {
        .hash = hash, .left = {.remaining = decisions[i].remaining, .at = now}};
  }
}

std::optional<LastKnown::Left> LastKnown::of(const BucketId& bucket) const {
  const std::uint64_t hash = hash_of(bucket);
  const Shard& shard = shards_[(hash >> 1U) % kShards];
  const std::lock_guard lock(shard.mutex);
  const Slot& slot = shard.slots[(hash >> 7U) % kSlotsPerShard];
  return slot.hash == hash ? std::optional(slot.left) : std::nullopt;
}

}  // namespace rl
