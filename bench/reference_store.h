#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "rl/base/clock.h"

namespace rl::bench {

/// What one would write in an afternoon, to measure against: an exact sliding window in a ring of
/// stamps, in a std::unordered_map by name, with a mutex per shard. No bound, no expiry, one rule.
class ReferenceStore {
 public:
  explicit ReferenceStore(const Clock& clock) : clock_(clock) {}

  bool acquire(const std::string& name, std::uint32_t limit, Micros window);

 private:
  struct Ring {
    std::vector<std::int64_t> stamps;
    std::size_t head = 0;
    std::size_t size = 0;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Ring> rings;
  };

  const Clock& clock_;
  std::array<Shard, 64> shards_;
};

}  // namespace rl::bench
