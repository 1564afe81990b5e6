#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/health/fleet.h"
#include "rl/health/redis/fleet_link.h"
#include "rl/health/redis/fleet_poller.h"
#include "rl/health/redis/health_subscriber.h"

namespace rl {

/// A fleet whose instances meet in a Redis. A change of the health is stored there in a version
/// that only rises and told to all at once; each instance takes over only later versions. While
/// Redis is away each keeps what it has, until its TTL. Safe from several threads.
class RedisFleet final : public Fleet {
 public:
  /// All of them outlive it; `random` is safe from several threads.
  struct Parts {
    HealthRegister& health;
    std::function<InstanceRecord()> self;  ///< callable from several threads
    Random& random;
    const Log& log;
  };

  /// Does nothing yet but answer.
  RedisFleet(redis::FleetPlace place, Parts parts);

  /// Joins the others: from now on this instance follows their health and is present. To be called
  /// once, before other threads use it.
  void start();

  /// Waits until the health of the others is known here, at most that long.
  bool wait_until_joined(Micros timeout) const;

  Result<HealthRecord> set_health(HealthChange change) override;

  /// What is stored; while Redis is away, what was in force here.
  std::vector<HealthRecord> history() override;

  /// While Redis is away, this one alone.
  std::vector<InstanceRecord> instances() override;

  FleetStats stats() const override;

  /// How many instances share a limit: those that were present last. 0 until that is known.
  std::uint32_t count() const { return poller_ ? poller_->count() : 0; }

 private:
  bool take_over(const SharedHealth& health, std::atomic<std::uint64_t>& counter);

  const redis::FleetPlace place_;
  const Parts parts_;
  const SystemClock clock_;  // sockets live in real time, whatever clock the health runs on
  // Relaxed: counters.
  std::atomic<std::uint64_t> by_message_{0};
  std::atomic<std::uint64_t> by_poll_{0};
  std::optional<redis::FleetPoller> poller_;
  std::optional<redis::HealthSubscriber> subscriber_;  // last: it wakes the poller
};

}  // namespace rl
