#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/health/redis/fleet_link.h"

namespace rl::redis {

/// Looks four times a second, over a connection and on a thread of its own, whether the health that
/// is stored is the one in force here, and says about every second that this instance is there.
/// So a message that was lost is made good, and so is a change that Redis lost.
class FleetPoller {
 public:
  /// All of them outlive it; `random` is safe from several threads.
  struct Parts {
    const FleetPlace& place;
    const Clock& clock;  ///< of the sockets
    Random& random;
    const Log& log;
    HealthRegister& health;
    std::function<InstanceRecord()> self;
    std::function<void(const SharedHealth&)> found;  ///< called on the thread
  };

  explicit FleetPoller(Parts parts);

  /// Says at once what is in force here, instead of in the next turn.
  void wake();

  /// Whether the last look succeeded.
  bool reachable() const { return reachable_.load(std::memory_order_relaxed); }

  std::uint64_t written_back() const { return written_back_.load(std::memory_order_relaxed); }

  /// How many instances there are. An instance that is gone is counted for 3 s more, and as long as
  /// Redis is away: so a Redis that stood still does not look like a fleet of one. 0 at first.
  std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  void run(const std::stop_token& stop);
  bool connect();
  Result<void> look();
  Result<void> compare(const std::optional<SharedHealth>& stored);
  Result<void> announce();
  void count(std::size_t present);
  void pause(const std::stop_token& stop);

  const Parts parts_;
  // Relaxed: numbers of their own, which publish nothing else.
  std::atomic<bool> reachable_{false};
  std::atomic<std::uint64_t> written_back_{0};
  std::atomic<std::uint32_t> count_{0};

  std::mutex mutex_;
  bool woken_ = false;  // guarded by mutex_
  std::condition_variable_any wake_;

  // Of the thread alone.
  std::optional<FleetLink> link_;
  bool told_ = false;  ///< that Redis is away, in the log
  Instant next_announcement_{};
  std::uint64_t announced_version_ = 0;
  Instant fewer_since_ = Instant::max();  ///< since when fewer than count() have been there

  std::jthread thread_;  // last: it uses the others
};

}  // namespace rl::redis
