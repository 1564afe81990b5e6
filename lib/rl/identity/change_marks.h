#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "rl/identity/digest.h"

namespace rl {

/// Tells caches when what they hold may have changed: a counter for users, and one for digests,
/// each shared by many of them. An entry is good while the counter that it was read under stands.
/// Safe from several threads.
class ChangeMarks {
 public:
  /// Counts all changes. When it is the same before the data were read and after the counter was,
  /// the two belong together.
  std::uint64_t all() const { return all_.load(std::memory_order_acquire); }

  std::uint32_t of_user(std::uint64_t id) const {
    return users_[id % kMarks].load(std::memory_order_acquire);
  }
  std::uint32_t of_digest(const Digest& digest) const {
    return digests_[slot(digest)].load(std::memory_order_acquire);
  }

  /// To be called after the change is there for readers.
  void user_changed(std::uint64_t id) {
    all_.fetch_add(1, std::memory_order_release);
    users_[id % kMarks].fetch_add(1, std::memory_order_release);
  }
  void digest_changed(const Digest& digest) {
    all_.fetch_add(1, std::memory_order_release);
    digests_[slot(digest)].fetch_add(1, std::memory_order_release);
  }

  /// When nobody knows what has changed.
  void everything_changed() {
    all_.fetch_add(1, std::memory_order_release);
    for (std::size_t i = 0; i < kMarks; ++i) {
      users_[i].fetch_add(1, std::memory_order_release);
      digests_[i].fetch_add(1, std::memory_order_release);
    }
  }

 private:
  static constexpr std::size_t kMarks = 4096;  // 32 KiB in all
  static std::size_t slot(const Digest& digest) {
    return (static_cast<std::size_t>(digest[0]) * 256 + digest[1]) % kMarks;
  }

  // Release and acquire: who sees the new count also sees what was changed before it, and who sees
  // the count of a slot sees the one of all.
  std::atomic<std::uint64_t> all_{0};
  std::array<std::atomic<std::uint32_t>, kMarks> users_{};
  std::array<std::atomic<std::uint32_t>, kMarks> digests_{};
};

}  // namespace rl
