#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "rl/store/memory/spin_lock.h"

namespace rl::memory {

/// The locks that a thread holds at a time: wanted one by one, each taken once, in the order of
/// their addresses, in which all threads take them, and released together.
template <std::size_t kMost>
class HeldLocks {
 public:
  HeldLocks() = default;
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;
  ~HeldLocks() {
    while (held_ > 0) {
      locks_[--held_]->unlock();
    }
  }

  /// Keeps them in order without a branch: which of two buckets comes first cannot be guessed.
  void want(SpinLock& lock) {
    if (wanted_ > held_ && locks_[wanted_ - 1] == &lock) {
      return;
    }
    SpinLock* last = &lock;
    for (std::size_t i = held_; i < wanted_; ++i) {
      SpinLock* const other = locks_[i];
      locks_[i] = std::min(other, last);
      last = std::max(other, last);
    }
    locks_[wanted_++] = last;
  }

  /// Takes what was wanted since the last time.
  void take() {
    for (std::size_t i = held_; i < wanted_; ++i) {
      if (held_ == 0 || locks_[i] != locks_[held_ - 1]) {
        locks_[i]->lock();
        locks_[held_++] = locks_[i];
      }
    }
    wanted_ = held_;
  }

 private:
  std::array<SpinLock*, kMost> locks_;
  std::size_t wanted_ = 0;
  std::size_t held_ = 0;
};

}  // namespace rl::memory
