#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/identity/usage_log.h"
#include "rl/metrics/usage_meter.h"

namespace rl {

/// What one owner asked for in the last seconds.
struct RecentUsage {
  UsageOwner owner;
  UsageTotals totals;
};

/// Takes the counts of a meter about once a second and writes them into a log every few seconds: a
/// crash loses at most what was counted in kWriteEvery. Remembers the last seconds, for who is
/// loudest now. Bounded. Safe from several threads. What it is given outlives it.
class UsageRecorder {
 public:
  static constexpr std::chrono::seconds kWriteEvery{5};
  static constexpr std::chrono::seconds kRecent{10};

  /// The most owners and minutes that wait while the log cannot be written; further ones are lost
  /// and counted in lost().
  static constexpr std::size_t kMostWaiting = 100'000;

  /// The most of one write.
  static constexpr std::size_t kMostOfWrite = 200;

  UsageRecorder(UsageMeter& meter, UsageLog& log, const Clock& clock, const Log& to)
      : meter_(meter), log_(log), clock_(clock), to_(to) {}

  /// To be called about once a second.
  void tick();

  /// Writes what waits, now. What cannot be written waits on.
  void write();

  /// The loudest of the last kRecent, at most `most`, the loudest first. In this instance alone.
  std::vector<RecentUsage> loudest(std::size_t most) const;

  /// Requests whose usage was lost because nothing could be written for long, since start.
  std::uint64_t lost() const;

  const UsageLog& log() const { return log_; }

 private:
  struct Second {
    Instant at;
    std::vector<UsageCount> counts;
  };

  void collect();
  void wait_for_next_write(const std::vector<UsageCount>& counts);

  UsageMeter& meter_;
  UsageLog& log_;
  const Clock& clock_;
  const Log& to_;

  mutable std::mutex mutex_;
  std::deque<Second> recent_;        // guarded by mutex_; oldest first
  std::vector<UsageCount> waiting_;  // guarded by mutex_
  std::uint64_t lost_ = 0;           // guarded by mutex_
  Instant written_at_{};             // guarded by mutex_
  std::mutex writing_;               // held by the one that writes, across the write
  bool told_ = false;                // guarded by writing_
};

}  // namespace rl
