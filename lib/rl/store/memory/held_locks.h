#pragma once

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

  /// Few and mostly in their order already.
  void want(SpinLock& lock) {
    std::size_t at = wanted_;
    while (at > held_ && locks_[at - 1] > &lock) {
      --at;
    }
    if (at > held_ && locks_[at - 1] == &lock) {
      return;
    }
    for (std::size_t i = wanted_++; i > at; --i) {
      locks_[i] = locks_[i - 1];
    }
    locks_[at] = &lock;
  }

  /// Takes what was wanted since the last time.
  void take() {
    while (held_ < wanted_) {
      locks_[held_++]->lock();
    }
  }

 private:
  std::array<SpinLock*, kMost> locks_;
  std::size_t wanted_ = 0;
  std::size_t held_ = 0;
};

}  // namespace rl::memory
