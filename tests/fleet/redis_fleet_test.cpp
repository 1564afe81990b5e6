#include "rl/health/redis/redis_fleet.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/fleet_instance.h"
#include "tests/support/redis_server.h"

using namespace std::chrono_literals;
using rl::HealthState;
using rl::test::command;
using rl::test::FleetInstance;
using rl::test::in_time;
using rl::test::RedisServer;

namespace {

std::string ids_of(const std::vector<rl::InstanceRecord>& instances) {
  std::string ids;
  for (const rl::InstanceRecord& instance : instances) {
    ids += instance.id;
  }
  return ids;
}

}  // namespace

TEST_SUITE("fleet") {
  TEST_CASE("a change of the health on one instance is that of all") {
    const RedisServer server;
    FleetInstance a(server, "a");
    FleetInstance b(server, "b");
    CHECK(a.health.record().health.source == rl::HealthSource::kDefault);
    const auto set = a.fleet.set_health(
        {.state = HealthState::kDegraded, .reason = "GPU pool at 98 %", .by = "admin"});
    REQUIRE(set.has_value());
    CHECK(set->health.version == 2);
    CHECK(a.follows(2, HealthState::kDegraded));
    CHECK(b.follows(2, HealthState::kDegraded));
    CHECK(b.health.record().reason == "GPU pool at 98 %");
    CHECK(b.health.record().by == "admin");
    CHECK(b.health.record().since == set->since);
    CHECK(b.fleet.set_health({})->health.version == 3);
    CHECK(a.follows(3, HealthState::kNormal));
  }

  TEST_CASE("an instance that starts later has the health that is in force") {
    const RedisServer server;
    FleetInstance a(server, "a");
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded, .ttl = 900s}));
    const FleetInstance late(server, "late");
    CHECK(late.health.word().read().state == HealthState::kDegraded);
    CHECK(late.health.word().read().version == 2);
    const auto left = late.health.shared().remaining;
    REQUIRE(left.has_value());
    CHECK(*left <= 900s);
    CHECK(*left > 800s);
  }

  TEST_CASE("a change whose message is lost is found by looking") {
    const RedisServer server;
    const FleetInstance a(server, "a");
    REQUIRE(in_time([&] { return a.fleet.stats().subscribed; }));
    command(server, {"HSET", "rl:1:health", "version", "7", "state", "DEGRADED", "source", "manual",
                     "reason", "", "by", "", "since", "0", "ends", ""});
    CHECK(a.follows(7, HealthState::kDegraded));
    CHECK(a.fleet.stats().by_poll == 1);
    CHECK(a.fleet.stats().by_message == 0);
  }

  TEST_CASE("changes are told again after the connection that told them was cut") {
    const RedisServer server;
    FleetInstance a(server, "a");
    FleetInstance b(server, "b");
    REQUIRE(in_time([&] { return b.fleet.stats().subscribed; }));
    command(server, {"CLIENT", "KILL", "TYPE", "pubsub"});
    REQUIRE(in_time([&] { return b.fleet.stats().reconnects == 1; }));
    REQUIRE(in_time([&] { return b.fleet.stats().subscribed; }));
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded}));
    CHECK(b.follows(2, HealthState::kDegraded));
  }

  TEST_CASE("a health that Redis lost is written back") {
    const RedisServer server;
    FleetInstance a(server, "a");
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded, .ttl = 900s, .reason = "kept"}));
    command(server, {"FLUSHALL"});
    CHECK(in_time([&] { return a.fleet.stats().written_back == 1; }));
    const FleetInstance late(server, "late");
    CHECK(late.health.record().reason == "kept");
    CHECK(late.health.word().read().version == 2);
    CHECK(late.health.record().expires_at.has_value());
  }

  TEST_CASE("a message of an older version or of no sense changes nothing") {
    const RedisServer server;
    FleetInstance a(server, "a");
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded}));
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded}));
    REQUIRE(in_time([&] { return a.fleet.stats().subscribed; }));
    const std::string_view old =
        R"({"version":"2","state":"NORMAL","source":"manual","reason":"","by":"",)"
        R"("since":"0","remaining":""})";
    for (const std::string_view text :
         {old, std::string_view("nonsense"), std::string_view("{}")}) {
      command(server, {"PUBLISH", "rl:1:health", text});
    }
    REQUIRE(a.fleet.set_health({.state = HealthState::kNormal}));  // the messages came before it
    CHECK(a.health.word().read().version == 4);
    for (const auto& record : a.health.history()) {
      CHECK((record.health.version == 1 || record.health.version == 4) ==
            (record.health.state == HealthState::kNormal));
    }
  }

  TEST_CASE("a record in Redis that is no health is survived") {
    const RedisServer server;
    FleetInstance a(server, "a");
    command(server, {"HSET", "rl:1:health", "version", "x", "state", "SICK"});
    CHECK(in_time([&] { return !a.fleet.stats().reachable; }));
    CHECK(a.health.word().read().version == 1);
    command(server, {"DEL", "rl:1:health"});
    CHECK(in_time([&] { return a.fleet.stats().reachable; }));
    CHECK(a.fleet.set_health({.state = HealthState::kDegraded}).has_value());
  }

  TEST_CASE("instances that were set apart in one version agree again") {
    const RedisServer server;
    FleetInstance a(server, "a");
    const FleetInstance b(server, "b");
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded}));
    REQUIRE(b.follows(2, HealthState::kDegraded));
    // As if a had been set directly while Redis was away, and Redis by another instance.
    a.health.set({.state = HealthState::kDegraded});
    command(server, {"HSET", "rl:1:health", "version", "3", "state", "NORMAL"});
    CHECK(in_time([&] { return a.health.word().read().state == HealthState::kNormal; }));
    CHECK(in_time([&] {
      return a.health.word().read().version == b.health.word().read().version &&
             b.health.word().read().state == HealthState::kNormal;
    }));
  }

  TEST_CASE("a TTL ends on all instances, once, and later changes are later") {
    const RedisServer server;
    FleetInstance a(server, "a");
    FleetInstance b(server, "b");
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded, .ttl = 1s}));
    REQUIRE(b.follows(2, HealthState::kDegraded));
    CHECK(in_time([&] { return b.health.expire().has_value(); }));
    CHECK(b.health.word().read().version == 3);
    // Written back by one, so that it is over also where nothing looks at the clock.
    CHECK(a.follows(3, HealthState::kNormal));
    const FleetInstance late(server, "late");
    CHECK(late.health.word().read().version == 3);
    CHECK(a.fleet.set_health({.state = HealthState::kDegraded})->health.version == 4);
    CHECK(b.follows(4, HealthState::kDegraded));
  }

  TEST_CASE("changes on several instances at a time are one row of versions") {
    const RedisServer server;
    FleetInstance a(server, "a");
    FleetInstance b(server, "b");
    std::vector<std::jthread> threads;
    for (FleetInstance* const instance : {&a, &b}) {
      threads.emplace_back([instance] {
        for (int i = 0; i < 50; ++i) {
          static_cast<void>(instance->fleet.set_health({.state = static_cast<HealthState>(i % 2)}));
        }
      });
    }
    threads.clear();
    CHECK(in_time([&] { return a.health.word().read().version == 101; }));
    CHECK(in_time([&] { return b.health.word().read().version == 101; }));
    CHECK(a.health.word().read().state == b.health.word().read().state);
    const auto history = a.fleet.history();
    CHECK(history.size() == 100);
    for (std::size_t i = 0; i < history.size(); ++i) {
      CHECK(history[i].health.version == i + 2);
    }
  }

  TEST_CASE("the history is the same on all instances, also on one that came later") {
    const RedisServer server;
    FleetInstance a(server, "a");
    CHECK(a.fleet.history().size() == 1);  // nothing was ever set: its own
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded, .ttl = 60s, .reason = "one"}));
    REQUIRE(a.fleet.set_health({.state = HealthState::kNormal, .reason = "two"}));
    FleetInstance late(server, "late");
    const auto history = late.fleet.history();
    REQUIRE(history.size() == 2);
    CHECK(history[0].reason == "one");
    CHECK(history[0].expires_at == history[0].since + 60s);
    CHECK(history[1].reason == "two");
    CHECK(history[1].health.version == 4);
  }

  TEST_CASE("instances see each other, what they run, and that one has gone") {
    const RedisServer server;
    FleetInstance a(server, "a");
    {
      FleetInstance b(server, "b");
      CHECK(ids_of(b.fleet.instances()) == "ab");
      CHECK(in_time([&] { return a.fleet.count() == 2; }));
      REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded}));
      CHECK(in_time([&] { return a.fleet.instances().back().health.version == 2; }));
      const rl::InstanceRecord seen = a.fleet.instances().back();
      CHECK(seen.health.state == HealthState::kDegraded);
      CHECK(seen.data == "127.0.0.1:80");
      CHECK(seen.admin == "127.0.0.1:81");
      CHECK(seen.version == "0.1.0");
    }
    CHECK(ids_of(a.fleet.instances()) == "a");  // at once, as it said so
    CHECK(a.fleet.count() == 2);                // and counted for a while
    CHECK(in_time([&] { return a.fleet.count() == 1; }));
  }

  TEST_CASE("an instance that says nothing any more is gone, and strange entries do no harm") {
    const RedisServer server;
    FleetInstance a(server, "a");
    command(server, {"HSET", "rl:1:instances", "dead", "1000 {}", "odd", "{}", "ahead",
                     "99999999999999999 {}"});
    CHECK(ids_of(a.fleet.instances()) == "a");
    CHECK(in_time([&] { return command(server, {"HLEN", "rl:1:instances"}).integer == 1; }));
  }

  TEST_CASE("an environment of another prefix is another fleet") {
    const RedisServer server;
    FleetInstance a(server, "a");
    REQUIRE(a.fleet.set_health({.state = HealthState::kDegraded}));
    auto link = rl::redis::FleetLink::open({.url = server.url(), .prefix = "test:"},
                                           rl::test::kRealClock, 5s)
                    .value();
    CHECK_FALSE(link.health()->has_value());
    CHECK(link.list()->empty());
  }
}
