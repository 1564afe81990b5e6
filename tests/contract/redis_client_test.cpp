#include "rl/store/redis/client.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "rl/base/manual_clock.h"
#include "rl/store/memory/memory_store.h"
#include "rl/store/redis/redis_store.h"
#include "rl/store/redis/script.h"
#include "tests/support/redis_server.h"

using namespace std::chrono_literals;
using rl::Decision;

namespace {

const rl::test::RedisServer& server() {
  static const rl::test::RedisServer kServer;
  return kServer;
}

std::uint64_t script_calls(const rl::test::RedisServer& redis) {
  const std::string stats = redis.call({"INFO", "commandstats"}).text;
  const std::size_t at = stats.find("cmdstat_evalsha:calls=");
  return at == std::string::npos ? 0 : std::stoull(stats.substr(at + 22));
}

rl::Charge charge_of(std::string_view owner, std::uint32_t units, rl::Micros window = 60s) {
  return {.bucket = {.owner = owner, .rule = "t/test"},
          .limit = {.window = window, .units = units, .base = units, .degraded = units}};
}

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("redis: asks that were joined get what they would have got one by one") {
    const rl::ManualClock clock;
    const rl::SystemClock real;
    const rl::Log log;
    rl::redis::Client client(
        {.url = server().url(),
         .script = rl::redis::kDecideScript,
         .script_time = [&] { return clock.now().time_since_epoch().count(); }},
        real, log);
    REQUIRE(client.wait_until_connected(10s));
    for (const rl::Algorithm algorithm :
         {rl::Algorithm::kSlidingWindow, rl::Algorithm::kFixedWindow,
          rl::Algorithm::kSlidingCounter, rl::Algorithm::kTokenBucket}) {
      CAPTURE(to_string(algorithm));
      rl::MemoryStore memory(clock, {});
      const std::string name(to_string(algorithm));
      const std::string global = "g:" + name;  // charges point at it
      std::array charges = {charge_of(name, 30), charge_of(global, 100)};
      for (rl::Charge& charge : charges) {
        charge.limit.algorithm = algorithm;
        charge.cost = 4;
      }
      // Those behind the first wait while it is under way and go out together.
      constexpr std::size_t kAsks = 20;
      std::array<std::array<Decision, 2>, kAsks> told;
      std::atomic<std::size_t> answered{0};
      for (std::size_t i = 0; i < kAsks; ++i) {
        rl::redis::Ask ask{.hash = 1, .deadline = real.now() + 20s};
        for (const rl::Charge& charge : charges) {
          ask.buckets.emplace_back("joined:" + std::string(charge.bucket.owner),
                                   rl::redis::AskedBucket::Terms{.limit = charge.limit, .cost = 4});
        }
        ask.done = [&, i](const rl::redis::Ask::Answer& answer) {
          if (answer) {
            std::copy(answer->begin(), answer->end(), told[i].begin());
          }
          ++answered;
        };
        client.submit(std::move(ask));
      }
      const rl::Instant end = real.now() + 30s;
      while (answered < kAsks && real.now() < end) {
        std::this_thread::yield();
      }
      REQUIRE(answered == kAsks);
      for (std::size_t i = 0; i < kAsks; ++i) {
        CAPTURE(i);
        std::array<Decision, 2> expected;
        REQUIRE(memory.decide(charges, rl::Mode::kAcquire, expected));
        for (std::size_t k = 0; k < 2; ++k) {
          CHECK(told[i][k].allowed == expected[k].allowed);
          CHECK(told[i][k].remaining == expected[k].remaining);
          CHECK(told[i][k].retry_after == expected[k].retry_after);
          if (algorithm != rl::Algorithm::kTokenBucket) {  // that of the last of those joined
            CHECK(told[i][k].reset_after == expected[k].reset_after);
          }
        }
      }
    }
    CHECK(client.stats().asks == 80);
    MESSAGE(client.stats().calls << " calls for 80 asks");
    CHECK(client.stats().calls < 80);
  }

  TEST_CASE("redis: a denied hot key costs one call per retry-after period") {
    const rl::test::RedisServer own;
    const rl::SystemClock clock;
    const rl::Log log;
    rl::RedisStore store({.url = own.url(), .deadline = 10s}, clock, log);
    REQUIRE(store.wait_until_connected(10s));
    const rl::Charge charge = charge_of("k:1", 1, 1s);
    Decision decision;
    const auto ask = [&] {
      REQUIRE(store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)));
      return decision.allowed;
    };
    REQUIRE(ask());
    const std::uint64_t before = script_calls(own);
    const rl::Instant begin = clock.now();
    int denied = 0;
    while (!ask()) {
      ++denied;
      CHECK(decision.retry_after <= 1s);
      CHECK(decision.retry_after > 0s);
    }
    const std::uint64_t calls = script_calls(own) - before;
    MESSAGE(denied << " denials in " << (clock.now() - begin) / 1ms << " ms cost " << calls - 1
                   << " calls");
    CHECK(denied > 10);
    CHECK(calls <= 3);  // the denial and the admission; one more where two clocks drift
    // A denial that was forgotten is asked for again.
    CHECK_FALSE(ask());
    const std::uint64_t known = script_calls(own);
    CHECK_FALSE(ask());
    CHECK(script_calls(own) == known);
    store.forget_denials();
    CHECK_FALSE(ask());
    CHECK(script_calls(own) == known + 1);
  }

  TEST_CASE("redis: a counter takes no more memory than a packed string or a ring of stamps") {
    struct Row {
      std::uint32_t units;
      std::int64_t most;  ///< bytes, with key and expiry
    };
    const Row rows[] = {{2, 200}, {20, 336}, {100, 1100}, {1000, 8500}};
    const rl::test::RedisServer own;
    const rl::SystemClock clock;
    const rl::Log log;
    rl::RedisStore store({.url = own.url(), .deadline = 10s}, clock, log);
    REQUIRE(store.wait_until_connected(10s));
    for (const Row& row : rows) {
      const std::string owner = "k:" + std::to_string(row.units);
      const rl::Charge charge = charge_of(owner, row.units);
      for (std::uint32_t i = 0; i < row.units; ++i) {
        Decision decision;
        REQUIRE(store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)));
        REQUIRE(decision.allowed);
      }
      const auto bytes = own.call({"MEMORY", "USAGE", "rl:1:{" + owner + "}:t/test"}).integer;
      MESSAGE(row.units << " units take " << bytes << " bytes");
      CHECK(bytes > 0);
      CHECK(bytes <= row.most);
    }
  }
}
