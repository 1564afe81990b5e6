#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "rl/base/manual_clock.h"
#include "rl/health/health_register.h"

using namespace std::chrono_literals;

TEST_SUITE("health") {
  TEST_CASE("a fleet starts NORMAL at version 1 by default") {
    const rl::ManualClock clock;
    const rl::HealthRegister health(clock);
    CHECK(health.word().read().version == 1);
    CHECK(health.word().read().state == rl::HealthState::kNormal);
    CHECK(health.record().health.source == rl::HealthSource::kDefault);
    CHECK(health.record().since == clock.wall_now());
  }

  TEST_CASE("every change raises the version and tells who and why") {
    rl::ManualClock clock;
    rl::HealthRegister health(clock);
    clock.advance(5s);
    const auto record = health.set(
        {.state = rl::HealthState::kDegraded, .reason = "GPU pool at 98 %", .by = "admin@::1"});
    CHECK(record.health.version == 2);
    CHECK(record.reason == "GPU pool at 98 %");
    CHECK(record.by == "admin@::1");
    CHECK(record.since == clock.wall_now());
    CHECK_FALSE(record.expires_at.has_value());
    CHECK(health.word().read().state == rl::HealthState::kDegraded);
    CHECK(health.word().read().source == rl::HealthSource::kManual);
    CHECK(health.set({.state = rl::HealthState::kDegraded}).health.version == 3);
  }

  TEST_CASE("a state with a TTL ends by itself and not a moment too early") {
    rl::ManualClock clock;
    rl::HealthRegister health(clock);
    const auto record = health.set({.state = rl::HealthState::kDegraded, .ttl = 900s});
    CHECK(record.expires_at == clock.wall_now() + 900s);
    clock.advance(900s - 1us);
    CHECK_FALSE(health.expire().has_value());
    CHECK(health.word().read().state == rl::HealthState::kDegraded);
    clock.advance(1us);
    const auto ended = health.expire();
    REQUIRE(ended.has_value());
    CHECK(ended->health.version == 3);
    CHECK(health.word().read().state == rl::HealthState::kNormal);
    CHECK_FALSE(health.expire().has_value());
  }

  TEST_CASE("a later change without a TTL cancels the earlier one's") {
    rl::ManualClock clock;
    rl::HealthRegister health(clock);
    static_cast<void>(health.set({.state = rl::HealthState::kDegraded, .ttl = 10s}));
    static_cast<void>(health.set({.state = rl::HealthState::kDegraded}));
    clock.advance(1h);
    CHECK_FALSE(health.expire().has_value());
    CHECK(health.word().read().state == rl::HealthState::kDegraded);
  }

  TEST_CASE("the word takes only later versions") {
    rl::HealthWord word;
    CHECK(word.raise_to({.version = 5, .state = rl::HealthState::kDegraded}));
    CHECK_FALSE(word.raise_to({.version = 5, .state = rl::HealthState::kNormal}));
    CHECK_FALSE(word.raise_to({.version = 4, .state = rl::HealthState::kNormal}));
    CHECK(word.read().version == 5);
    CHECK(word.read().state == rl::HealthState::kDegraded);
    CHECK(word.raise_to({.version = (1ULL << 48U) - 1, .source = rl::HealthSource::kAuto}));
    CHECK(word.read().version == (1ULL << 48U) - 1);
    CHECK(word.read().source == rl::HealthSource::kAuto);
    CHECK(word.read().state == rl::HealthState::kNormal);
  }

  TEST_CASE("only a later version of another instance is taken over") {
    const rl::ManualClock clock;
    rl::HealthRegister health(clock);
    const auto told = [](std::uint64_t version, rl::HealthState state) {
      return rl::SharedHealth{.health = {.version = version, .state = state},
                              .reason = "r",
                              .by = "b",
                              .since = {},
                              .remaining = {}};
    };
    CHECK_FALSE(health.adopt(told(1, rl::HealthState::kDegraded)));
    CHECK(health.word().read().state == rl::HealthState::kNormal);
    CHECK(health.adopt(told(5, rl::HealthState::kDegraded)));
    CHECK(health.word().read().version == 5);
    CHECK(health.record().reason == "r");
    for (const std::uint64_t version : {4, 5}) {
      CHECK_FALSE(health.adopt(told(version, rl::HealthState::kNormal)));
      CHECK(health.word().read().state == rl::HealthState::kDegraded);
    }
    CHECK(health.set({}).health.version == 6);
  }

  TEST_CASE("a TTL travels as the time that is left and ends by the own clock") {
    rl::ManualClock clock;
    rl::HealthRegister one(clock);
    one.set({.state = rl::HealthState::kDegraded, .ttl = 900s});
    clock.advance(300s);
    CHECK(one.shared().remaining == 600s);
    rl::ManualClock other_clock;  // reads another time of day
    rl::HealthRegister other(other_clock);
    REQUIRE(other.adopt(one.shared()));
    CHECK(other.record().expires_at == other_clock.wall_now() + 600s);
    other_clock.advance(600s - 1us);
    CHECK_FALSE(other.expire().has_value());
    other_clock.advance(1us);
    clock.advance(600s);
    const auto ended = other.expire();
    REQUIRE(ended.has_value());
    CHECK(ended->health.version == 3);
    CHECK(one.expire()->health.version == 3);  // both by themselves, to the same
  }

  TEST_CASE("what has ended already is NORMAL in the version after it") {
    const rl::ManualClock clock;
    rl::HealthRegister late(clock);
    CHECK(late.adopt({.health = {.version = 4, .state = rl::HealthState::kDegraded},
                      .reason = "",
                      .by = "",
                      .since = {},
                      .remaining = -5s}));
    CHECK(late.word().read().version == 5);
    CHECK(late.word().read().state == rl::HealthState::kNormal);
  }

  TEST_CASE("the end of a TTL has a version that no change takes") {
    rl::ManualClock clock;
    rl::HealthRegister health(clock);
    CHECK(health.set({.state = rl::HealthState::kDegraded, .ttl = 10s}).health.version == 2);
    CHECK(health.set({.state = rl::HealthState::kDegraded}).health.version == 4);
    CHECK(health.set({}).health.version == 5);
  }

  TEST_CASE("the latest healths are kept, the oldest first") {
    rl::ManualClock clock;
    rl::HealthRegister health(clock);
    for (int i = 0; i < 200; ++i) {
      health.set({.reason = std::to_string(i)});
    }
    const auto history = health.history();
    REQUIRE(history.size() == rl::HealthRegister::kMaxHistory);
    CHECK(history.front().reason == "100");
    CHECK(history.back().reason == "199");
    CHECK(history.back().health.version == 201);
  }

  TEST_CASE("readers never see a version go back while others change it") {
    const rl::ManualClock clock;
    rl::HealthRegister health(clock);
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < 2; ++writer) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          static_cast<void>(health.set({.state = static_cast<rl::HealthState>(i % 2)}));
        }
      });
    }
    std::uint64_t last = 0;
    bool went_back = false;
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t version = health.word().read().version;
      went_back = went_back || version < last;
      last = version;
    }
    threads.clear();
    CHECK_FALSE(went_back);
    CHECK(health.word().read().version == 1'001);
  }
}
