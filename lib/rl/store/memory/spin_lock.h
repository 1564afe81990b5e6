#pragma once

#include <atomic>
#include <thread>

namespace rl::memory {

/// A lock of one byte, for steps of less than a microsecond. Who has to wait looks again for a
/// moment, and then lets other threads run: the one that holds it may be among them.
class SpinLock {
 public:
  void lock() {
    for (int looks = 0; held_.exchange(true, std::memory_order_acquire);) {
      while (held_.load(std::memory_order_relaxed)) {
        if (++looks > kLooks) {
          std::this_thread::yield();
        }
      }
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kLooks = 200;

  std::atomic<bool> held_{false};  // acquire and release: orders what it guards
};

}  // namespace rl::memory
