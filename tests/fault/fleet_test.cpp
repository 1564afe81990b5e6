#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fleet_instance.h"
#include "tests/support/redis_server.h"

using namespace std::chrono_literals;
using rl::HealthState;
using rl::test::command;
using rl::test::FleetInstance;
using rl::test::in_time;
using rl::test::kRealClock;
using rl::test::RedisServer;

namespace {

constexpr int kFleetInstances = 8;

using Instances = std::vector<std::unique_ptr<FleetInstance>>;

Instances start(const RedisServer& server, int count = kFleetInstances) {
  Instances instances;
  for (int i = 0; i < count; ++i) {
    instances.push_back(std::make_unique<FleetInstance>(server, "i" + std::to_string(i)));
  }
  for (const auto& instance : instances) {
    REQUIRE(in_time([&] { return instance->fleet.stats().subscribed; }));
  }
  return instances;
}

/// Until the last one holds that version, looked at without a pause.
std::optional<rl::Micros> until_all_hold(const Instances& instances, std::uint64_t version,
                                         rl::Instant from) {
  for (const auto& instance : instances) {
    while (instance->health.word().read().version < version) {
      if (kRealClock.now() - from > 20s) {
        return std::nullopt;
      }
    }
  }
  return kRealClock.now() - from;
}

std::string percentiles(std::vector<rl::Micros> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) {
    return std::to_string(times[(times.size() - 1) * percent / 100].count()) + " us";
  };
  return "p50 " + at(50) + ", p99 " + at(99) + ", longest " + at(100);
}

}  // namespace

TEST_SUITE("fault") {
  TEST_CASE("200 switches reach 8 instances, each in order") {
    const RedisServer server;
    const Instances instances = start(server);
    std::vector<rl::Micros> times;
    std::vector<std::uint64_t> last(instances.size(), 0);
    for (std::uint64_t i = 0; i < 200; ++i) {
      const auto state = static_cast<HealthState>((i + 1) % 2);
      const auto set = instances[i % instances.size()]->fleet.set_health({.state = state});
      const rl::Instant acknowledged = kRealClock.now();
      REQUIRE(set.has_value());
      CHECK(set->health.version == i + 2);
      const auto took = until_all_hold(instances, set->health.version, acknowledged);
      REQUIRE(took.has_value());
      times.push_back(*took);
      for (std::size_t k = 0; k < instances.size(); ++k) {
        const rl::Health held = instances[k]->health.word().read();
        CHECK(held.version >= last[k]);
        CHECK(held.state == state);
        last[k] = held.version;
      }
    }
    MESSAGE("from the acknowledged switch to the last of 8 instances: " << percentiles(times));
  }

  TEST_CASE("a switch whose message is lost reaches 8 instances with the next look") {
    const RedisServer server;
    const Instances instances = start(server);
    std::vector<rl::Micros> times;
    for (std::uint64_t version = 2; version < 12; ++version) {
      // As the script stores it, without telling anybody.
      command(server, {"HSET", "rl:1:health", "version", std::to_string(version), "state",
                       version % 2 == 0 ? "DEGRADED" : "NORMAL", "source", "manual", "reason", "",
                       "by", "", "since", "0", "ends", ""});
      const auto took = until_all_hold(instances, version, kRealClock.now());
      REQUIRE(took.has_value());
      times.push_back(*took);
    }
    for (const auto& instance : instances) {
      const rl::FleetStats stats = instance->fleet.stats();
      CHECK(stats.by_poll + stats.by_message == 10);
      CHECK(stats.by_poll >= 9);  // one may have been seen when it subscribed again
    }
    MESSAGE("a lost message is made good after: " << percentiles(times));
  }

  TEST_CASE("while Redis stands still nothing can be set and nothing changes") {
    RedisServer server;
    const Instances instances = start(server, 2);
    REQUIRE(instances[0]->fleet.set_health({.state = HealthState::kDegraded, .ttl = 900s}));
    REQUIRE(instances[1]->follows(2, HealthState::kDegraded));
    server.signal(SIGSTOP);
    const auto refused = instances[0]->fleet.set_health({});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("nothing has changed") != std::string::npos);
    CHECK(in_time([&] { return !instances[1]->fleet.stats().reachable; }));
    CHECK(in_time([&] { return !instances[1]->fleet.stats().subscribed; }));
    CHECK(instances[1]->fleet.count() == 2);  // as far as is known
    server.signal(SIGCONT);
    CHECK(in_time([&] { return instances[1]->fleet.stats().reachable; }));
    for (const auto& instance : instances) {  // also not late
      CHECK(instance->health.word().read().version == 2);
      CHECK(instance->health.word().read().state == HealthState::kDegraded);
      CHECK(in_time([&] { return instance->fleet.count() == 2; }));
    }
    CHECK(instances[0]->fleet.set_health({}).has_value());
    CHECK(instances[1]->follows(4, HealthState::kNormal));
  }

  TEST_CASE("a Redis that comes back empty is given the health again") {
    RedisServer server;
    const Instances instances = start(server, 3);
    for (int i = 0; i < 5; ++i) {
      REQUIRE(instances[0]->fleet.set_health({.state = HealthState::kDegraded, .reason = "kept"}));
    }
    for (const auto& instance : instances) {
      REQUIRE(instance->follows(6, HealthState::kDegraded));
    }
    server.kill();
    CHECK(in_time([&] { return !instances[1]->fleet.stats().reachable; }));
    server.start();
    const rl::Instant back = kRealClock.now();
    CHECK(in_time([&] { return command(server, {"HGET", "rl:1:health", "version"}).text == "6"; }));
    MESSAGE("written back after " << (kRealClock.now() - back).count() << " us");
    const FleetInstance late(server, "late");
    CHECK(late.health.record().reason == "kept");
    CHECK(late.health.word().read().version == 6);
    // And goes on from there.
    CHECK(in_time([&] { return instances[2]->fleet.stats().subscribed; }));
    CHECK(instances[1]->fleet.set_health({})->health.version == 7);
    CHECK(instances[2]->follows(7, HealthState::kNormal));
  }

  TEST_CASE("without Redis a TTL ends on every instance and stays ended when Redis is back") {
    RedisServer server;
    const Instances instances = start(server, 3);
    REQUIRE(instances[0]->fleet.set_health({.state = HealthState::kDegraded, .ttl = 2s}));
    for (const auto& instance : instances) {
      REQUIRE(instance->follows(2, HealthState::kDegraded));
    }
    server.signal(SIGSTOP);  // it keeps the record, and knows of no end
    for (const auto& instance : instances) {
      CHECK(in_time([&] { return instance->health.expire().has_value(); }));
      CHECK(instance->health.word().read().version == 3);
      CHECK(instance->health.word().read().state == HealthState::kNormal);
    }
    server.signal(SIGCONT);
    CHECK(in_time([&] { return command(server, {"HGET", "rl:1:health", "version"}).text == "3"; }));
    for (const auto& instance : instances) {
      CHECK(instance->health.word().read().version == 3);
    }
  }

  TEST_CASE("connections that are cut in a loop lose no change") {
    const RedisServer server;
    const Instances instances = start(server, 3);
    for (std::uint64_t i = 0; i < 20; ++i) {
      command(server, {"CLIENT", "KILL", "TYPE", "pubsub"});
      command(server, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      const auto set = instances[0]->fleet.set_health({.state = static_cast<HealthState>(i % 2)});
      REQUIRE(set.has_value());
      CHECK(until_all_hold(instances, set->health.version, kRealClock.now()).has_value());
      CHECK(set->health.version == i + 2);
    }
  }
}
