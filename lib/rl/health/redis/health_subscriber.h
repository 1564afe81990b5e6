#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/health/redis/fleet_link.h"

namespace rl::redis {

/// Hears at once of every change of the fleet's health, over a connection and on a thread of its
/// own. A change between reading and subscribing cannot be lost: it subscribes, waits until that is
/// confirmed, and reads then, each time it connects. A connection that is silent, although it is
/// asked each second, is given up.
class HealthSubscriber {
 public:
  /// All of them outlive it; `random` is safe from several threads.
  struct Parts {
    const FleetPlace& place;
    const Clock& clock;  ///< of the sockets
    Random& random;
    const Log& log;
    std::function<void(const SharedHealth&)> heard;  ///< called on the thread
  };

  explicit HealthSubscriber(Parts parts);

  bool subscribed() const { return subscribed_.load(std::memory_order_relaxed); }

  /// How often it had to subscribe again.
  std::uint64_t reconnects() const { return reconnects_.load(std::memory_order_relaxed); }

 private:
  void run(const std::stop_token& stop);
  Result<void> listen(const std::stop_token& stop);
  Result<void> hear(const Reply& reply);

  const Parts parts_;
  // Relaxed: for people only.
  std::atomic<bool> subscribed_{false};
  std::atomic<std::uint64_t> reconnects_{0};
  std::jthread thread_;  // last: it uses the others
};

}  // namespace rl::redis
