#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "rl/base/clock.h"
#include "rl/base/random.h"

namespace rl {

/// Decides whether to ask something that may be slow or gone. Closed: ask. It opens after 5 calls
/// in a row that came to nothing, when of at least 20 within a second half did, or when the
/// connection is lost; then nobody waits for what will not come. While it is open probes, not
/// users, find out: one after about 250 ms, then after twice as long each time up to about 5 s,
/// each a little more or less so that instances do not probe together. Three that succeed in a row
/// let it close. Safe from several threads; clock and random outlive it, and random is used by
/// nobody else.
class Breaker {
 public:
  enum class State : std::uint8_t { kClosed, kHalfOpen, kOpen };

  Breaker(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  bool closed() const { return closed_.load(std::memory_order_relaxed); }

  /// Half-open: probes succeed, and not yet often enough.
  State state() const;

  /// What came of a call.
  void report(bool success);

  /// Opens it: nothing can be asked.
  void trip();

  /// Whether a probe is due.
  bool probe_due() const;

  /// What came of a probe. True when the breaker may be closed.
  bool report_probe(bool success);

  void close();

 private:
  void open_locked();
  void plan_probe_locked();

  const Clock& clock_;
  // Relaxed: one question more or less does no harm.
  std::atomic<bool> closed_{true};

  mutable std::mutex mutex_;
  Random& random_;             // guarded by mutex_, as is what follows
  unsigned failures_ = 0;      ///< in a row
  Instant second_begins_{};    ///< of the calls counted below
  unsigned calls_ = 0;         ///< in this second
  unsigned calls_failed_ = 0;  ///< of them
  Instant next_probe_{};
  Micros between_probes_{};
  unsigned good_probes_ = 0;  ///< in a row
};

std::string_view to_string(Breaker::State state);

}  // namespace rl
