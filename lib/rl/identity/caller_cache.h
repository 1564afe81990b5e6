#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "rl/base/clock.h"
#include "rl/identity/caller.h"
#include "rl/identity/digest.h"

namespace rl {

/// What is remembered of a digest.
struct CachedKey {
  std::shared_ptr<const Caller> caller;  ///< nothing: no key has this digest
  std::uint64_t user_id = 0;
  std::optional<WallTime> valid_until;
  std::uint32_t mark = 0;  ///< the ChangeMarks count that it was read under
};

/// Digests of secrets and what they led to. Bounded: each digest has four places, and a new one
/// takes the place of the one of them that was put there first. Safe from several threads.
class CallerCache {
 public:
  /// Room for about that many digests.
  explicit CallerCache(std::size_t entries);

  /// Compares in constant time.
  std::optional<CachedKey> find(const Digest& digest) const;

  void put(const Digest& digest, CachedKey key);

 private:
  static constexpr std::size_t kPlaces = 4;
  static constexpr std::size_t kLocks = 64;

  struct Place {
    bool used = false;
    Digest digest{};
    CachedKey key;
  };
  struct Set {
    std::array<Place, kPlaces> places;
    std::size_t next = 0;  ///< the place that the next new digest takes
  };

  std::size_t set_of(const Digest& digest) const;

  std::vector<Set> sets_;  // set i is guarded by locks_[i % kLocks]
  mutable std::array<std::mutex, kLocks> locks_;
};

}  // namespace rl
