#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "rl/metrics/stripe.h"
#include "rl/store/memory/spin_lock.h"

namespace rl::memory {

/// The locks of all shards, one for each shard and stripe of threads (metrics/stripe.h). Who only
/// looks buckets up takes the one of its own thread, in a cache line that few others write, so that
/// threads do not hand lines to each other. Who adds, moves or drops buckets takes all of a shard,
/// and is alone in it.
class StripedLocks {
 public:
  explicit StripedLocks(std::size_t shards) {
    for (std::vector<Lines>& row : rows_) {
      row = std::vector<Lines>((shards + kInLines - 1) / kInLines);
    }
  }

  SpinLock& at(std::size_t stripe, std::size_t shard) {
    return rows_[stripe][shard / kInLines].locks[shard % kInLines];
  }

 private:
  static constexpr std::size_t kInLines = 128;  // two lines: processors fetch them in pairs

  struct alignas(kInLines) Lines {
    std::array<SpinLock, kInLines> locks;
  };

  std::array<std::vector<Lines>, kStripes> rows_;
};

}  // namespace rl::memory
