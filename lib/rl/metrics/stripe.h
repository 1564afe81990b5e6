#pragma once

#include <atomic>
#include <cstddef>

namespace rl {

/// How many copies a counter of the request path has, so that threads do not hand its cache line to
/// each other.
inline constexpr std::size_t kStripes = 8;

/// The copy that is this thread's: each new thread takes the next one.
inline std::size_t thread_stripe() {
  // Relaxed: a number that is handed out, nothing hangs on it.
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kStripes;
  return mine;
}

}  // namespace rl
