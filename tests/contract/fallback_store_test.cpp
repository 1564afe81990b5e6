#include "rl/store/fallback/fallback_store.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <string>

#include "rl/redis/link.h"
#include "tests/support/redis_server.h"

using namespace std::chrono_literals;

namespace {

/// Two instances that share a Redis, on real time, as the faults of Redis are real.
struct Instance {
  Instance(const rl::test::RedisServer& server, const rl::FallbackStore::Options& options)
      : redis({.url = server.url(), .deadline = 200ms}, clock, log),
        fallback(options, {.shared = redis, .local = local, .clock = clock, .log = log}) {
    REQUIRE(redis.wait_until_connected(10s));
  }

  rl::Result<std::string_view> ask(const std::string& owner, std::uint32_t limit = 10) {
    const rl::Charge charge{
        .bucket = {.owner = owner, .rule = "t/1m"},
        .limit = {.window = 60s, .units = limit, .base = limit, .degraded = limit},
        .on_store_failure = choice};
    return fallback.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1));
  }

  /// How many of the requests are admitted.
  int admitted(const std::string& owner, int requests) {
    int count = 0;
    for (int i = 0; i < requests; ++i) {
      count += ask(owner).has_value() && decision.allowed ? 1 : 0;
    }
    return count;
  }

  /// Tends until the shared store decides again.
  bool recovers() {
    const rl::Instant end = clock.now() + 20s;
    while (fallback.kind() != "redis" && clock.now() < end) {
      fallback.tend();
      redis.wait_until_connected(10ms);
    }
    return fallback.kind() == "redis";
  }

  const rl::SystemClock clock;
  const rl::Log log{rl::LogLevel::kError};
  rl::MemoryStore local{clock, {}};
  rl::RedisStore redis;
  rl::FallbackStore fallback;
  std::optional<rl::OnStoreFailure> choice;  ///< of the tier that asks
  rl::Decision decision;
};

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("two instances on one Redis share every count") {
    const rl::test::RedisServer server;
    Instance one(server, {});
    Instance other(server, {});
    CHECK(one.admitted("k:1", 4) == 4);
    CHECK(other.admitted("k:1", 20) == 6);
    CHECK(one.admitted("k:1", 5) == 0);
    CHECK(one.ask("k:1").value() == "redis");
  }

  TEST_CASE("without its Redis an instance admits its share and says who decided") {
    rl::test::RedisServer server;
    Instance one(server, {.instances = 3});
    server.kill();
    CHECK(one.admitted("k:1", 20) == 4);  // ceil(10 / 3)
    CHECK(one.ask("k:1").value() == "fallback");
    CHECK(one.fallback.kind() == "fallback");
    CHECK(one.fallback.fallen_back() == 21);
  }

  TEST_CASE("a Redis that stands still is not waited for by every request") {
    rl::test::RedisServer server;
    Instance one(server, {});
    REQUIRE(one.admitted("k:1", 2) == 2);
    server.signal(SIGSTOP);
    CHECK(one.admitted("k:2", 20) == 10);  // five of them waited for the deadline
    CHECK(one.fallback.kind() == "fallback");
    server.signal(SIGCONT);
    CHECK(one.recovers());
    // What was given up on was not counted late; what was admitted meanwhile is counted now.
    CHECK(one.admitted("k:1", 20) == 8);
    CHECK(one.admitted("k:2", 20) == 0);
  }

  TEST_CASE("what was admitted without Redis counts there when it is back") {
    rl::test::RedisServer server;
    Instance one(server, {});
    Instance other(server, {});
    server.kill();
    CHECK(one.admitted("k:1", 7) == 7);
    server.start();
    REQUIRE(one.recovers());
    REQUIRE(other.recovers());
    CHECK(other.admitted("k:1", 20) == 3);
  }

  TEST_CASE("without its Redis an instance admits no more than Redis said was left") {
    rl::test::RedisServer server;
    Instance one(server, {.instances = 2});
    Instance other(server, {.instances = 2});
    CHECK(other.admitted("k:1", 7) == 7);
    CHECK(one.admitted("k:1", 1) == 1);
    server.kill();
    CHECK(one.admitted("k:1", 20) == 2);  // its share is 5, but only 2 of 10 were left
    CHECK_FALSE(one.decision.allowed);
    CHECK(one.decision.retry_after > 30s);
    CHECK(one.admitted("k:2", 20) == 5);
  }

  TEST_CASE("instances that are there count when they are more than were told") {
    rl::test::RedisServer server;
    Instance one(server, {.instances = 2});
    std::uint32_t present = 5;
    rl::FallbackStore fallback({.instances = 2}, {.shared = one.redis,
                                                  .local = one.local,
                                                  .clock = one.clock,
                                                  .log = one.log,
                                                  .present = [&] { return present; }});
    CHECK(fallback.shared_stats().instances == 5);
    present = 1;
    CHECK(fallback.shared_stats().instances == 2);
  }

  TEST_CASE("open admits everything and closed nothing while Redis is gone") {
    rl::test::RedisServer server;
    Instance open(server, {.on_failure = rl::OnStoreFailure::kOpen});
    Instance closed(server, {.on_failure = rl::OnStoreFailure::kClosed});
    server.kill();
    CHECK(open.admitted("k:1", 50) == 50);
    CHECK(closed.admitted("k:1", 50) == 0);
    CHECK_FALSE(closed.ask("k:1").has_value());
  }

  TEST_CASE("each tier has its own way without Redis and what does not say it has that of all") {
    rl::test::RedisServer server;
    Instance one(server, {.on_failure = rl::OnStoreFailure::kClosed, .instances = 3});
    server.kill();
    CHECK(one.admitted("k:1", 20) == 0);
    one.choice = rl::OnStoreFailure::kOpen;
    CHECK(one.admitted("k:2", 20) == 20);
    one.choice = rl::OnStoreFailure::kLocal;
    CHECK(one.admitted("k:3", 20) == 4);  // ceil(10 / 3)
    one.choice = rl::OnStoreFailure::kClosed;
    CHECK(one.admitted("k:4", 20) == 0);
    CHECK(one.fallback.decide({}, rl::Mode::kAcquire, {}).has_value());  // under no limit
  }

  TEST_CASE("a script that was flushed is loaded again") {
    const rl::test::RedisServer server;
    Instance one(server, {});
    REQUIRE(one.admitted("k:1", 3) == 3);
    const auto link = rl::redis::Link::open(server.url(), one.clock, 5s);
    REQUIRE(link.has_value());
    const std::string_view flush[] = {"SCRIPT", "FLUSH"};
    REQUIRE((*link)->call(flush, one.clock.now() + 5s).has_value());
    CHECK(one.ask("k:1").value() == "redis");
    CHECK(one.decision.remaining == 6);
  }
}
