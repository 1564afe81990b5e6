#pragma once

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rl/health/redis/redis_fleet.h"
#include "rl/redis/link.h"
#include "tests/support/redis_server.h"

namespace rl::test {

/// On real time, as the threads of a fleet and Redis are real.
inline const SystemClock kRealClock;

/// Whether it comes true before long; asked until then, and not again.
template <class Condition>
bool in_time(Condition condition) {
  const Instant end = kRealClock.now() + std::chrono::seconds{20};
  while (kRealClock.now() < end) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

/// One command to that Redis, and what it replies.
inline redis::Reply command(const RedisServer& server, const std::vector<std::string_view>& words) {
  const Micros patience = std::chrono::seconds{5};
  const auto link = redis::Link::open(server.url(), kRealClock, patience);
  REQUIRE(link.has_value());
  const auto reply = (*link)->call(words, kRealClock.now() + patience);
  REQUIRE(reply.has_value());
  return *reply;
}

/// One instance of a fleet, without anything to limit.
struct FleetInstance {
  FleetInstance(const RedisServer& server, std::string name)
      : id(std::move(name)),
        fleet({.url = server.url()},
              {.health = health, .self = [this] { return self(); }, .random = random, .log = log}) {
    fleet.start();
    REQUIRE(fleet.wait_until_joined(std::chrono::seconds{20}));
  }

  InstanceRecord self() const {
    return {.id = id,
            .version = "0.1.0",
            .data = "127.0.0.1:80",
            .admin = "127.0.0.1:81",
            .policy_version = 1,
            .health = health.word().read()};
  }

  /// Whether it comes to hold that version, in that state.
  bool follows(std::uint64_t version, HealthState state) const {
    return in_time([&] { return health.word().read().version >= version; }) &&
           health.word().read().version == version && health.word().read().state == state;
  }

  const std::string id;
  const Log log{LogLevel::kError};
  SystemRandom random;
  HealthRegister health{kRealClock};
  RedisFleet fleet;
};

}  // namespace rl::test
