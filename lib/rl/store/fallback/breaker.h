#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "rl/base/clock.h"

namespace rl {

/// Decides whether to ask something that may be slow or gone. Closed: ask. After 5 failures in a
/// row it is open: do not ask, so that nobody waits for what will not come. While it is open
/// probes, not users, find out: one after 250 ms, then after twice as long each time up to 5 s;
/// three that succeed in a row close it. Safe from several threads; the clock outlives it.
class Breaker {
 public:
  explicit Breaker(const Clock& clock) : clock_(clock) {}

  bool closed() const { return closed_.load(std::memory_order_relaxed); }

  /// What came of a user's question. True when this one opened the breaker.
  bool report(bool success);

  /// Whether a probe is due.
  bool probe_due() const;

  /// What came of a probe. True when the breaker may be closed.
  bool report_probe(bool success);

  void close();

 private:
  const Clock& clock_;
  // Relaxed: one question more or less does no harm.
  std::atomic<bool> closed_{true};
  std::atomic<unsigned> failures_{0};  ///< in a row

  mutable std::mutex mutex_;
  Instant next_probe_{};  // guarded by mutex_, as is what follows
  Micros between_probes_{};
  unsigned good_probes_ = 0;  ///< in a row
};

}  // namespace rl
