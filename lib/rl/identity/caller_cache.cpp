#include "rl/identity/caller_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rl {

CallerCache::CallerCache(std::size_t entries)
    : sets_(std::max<std::size_t>(1, entries / kPlaces)) {}

std::optional<CachedKey> CallerCache::find(const Digest& digest) const {
  const std::size_t set = set_of(digest);
  const std::lock_guard lock(locks_[set % kLocks]);
  for (const Place& place : sets_[set].places) {
    if (place.used && equal_digests(place.digest, digest)) {
      return place.key;
    }
  }
  return std::nullopt;
}

void CallerCache::put(const Digest& digest, CachedKey key) {
  const std::size_t index = set_of(digest);
  const std::lock_guard lock(locks_[index % kLocks]);
  Set& set = sets_[index];
  auto place = std::find_if(set.places.begin(), set.places.end(), [&](const Place& candidate) {
    return candidate.used && equal_digests(candidate.digest, digest);
  });
  if (place == set.places.end()) {
    place = set.places.begin() + static_cast<std::ptrdiff_t>(set.next);
    set.next = (set.next + 1) % kPlaces;
  }
  *place = {.used = true, .digest = digest, .key = std::move(key)};
}

std::size_t CallerCache::set_of(const Digest& digest) const {
  // A digest is as good as random, and nobody can choose its bits cheaply.
  std::uint64_t bits = 0;
  std::memcpy(&bits, digest.data(), sizeof bits);
  return bits % sets_.size();
}

}  // namespace rl
