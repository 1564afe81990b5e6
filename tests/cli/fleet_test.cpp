#include <doctest/doctest.h>
#include <signal.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"
#include "tests/support/redis_server.h"

using rl::test::contains;
using rl::test::eventually;
using rl::test::Finished;
using rl::test::header;
using rl::test::matches;
using rl::test::RedisServer;
using rl::test::RlServer;
using json = nlohmann::json;

namespace {

rl::test::RlServerOptions on(const RedisServer& redis) {
  return {.flags = {"--store", "redis", "--store-deadline", "2s"},
          .environment = {{"REDIS_URL", redis.url().to_string()}}};
}

std::string limit_on(const RlServer& server) {
  return header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Limit");
}

json instances_of(const RlServer& server) {
  return json::parse(server.ask_admin({.target = "/admin/v1/instances"}).body)["instances"];
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("three servers on one Redis have one health and know each other") {
    const RedisServer redis;
    const RlServer a(on(redis));
    RlServer b(on(redis));
    RlServer c(on(redis));
    const auto set = a.rlctl({"health", "set", "degraded", "--for", "15m", "--wait"});
    CHECK(set.status == 0);
    CHECK(matches(
        "NORMAL -> DEGRADED\tversion 2\texpires …\nfollowed by 3 of 3 instances within … ms\n",
        set.out));
    for (const RlServer* const server : std::array<const RlServer*, 3>{&a, &b, &c}) {
      CHECK(limit_on(*server) == "2");
    }
    CHECK(contains(c.log(), "health followed state=DEGRADED version=2 by=admin@127.0.0.1"));
    // Set on another one, seen on the first.
    CHECK(c.rlctl({"health", "set", "normal", "--reason", "over", "--wait"}).status == 0);
    CHECK(limit_on(a) == "20");
    const std::string history = a.rlctl({"health", "history"}).out;
    CHECK(
        matches("SINCE\tSTATE\tVERSION\tSOURCE\tEXPIRES\tWHY\n"
                "…\tNORMAL\t4\tmanual\tnever\tset by admin@127.0.0.1: over\n"
                "…\tDEGRADED\t2\tmanual\t…Z\tset by admin@127.0.0.1\n",
                history));
    const std::string status = b.rlctl({"status"}).out;
    CHECK(contains(status, "\nfleet\t3 instances\n"));
    for (const RlServer* const server : std::array<const RlServer*, 3>{&a, &b, &c}) {
      CHECK(
          contains(status, "\t" + server->data().to_string() + "\t" + server->admin().to_string()));
    }
    // One that is told to stop is gone at once, one that is killed soon.
    b.signal(SIGTERM);
    CHECK(b.wait() == 0);
    CHECK(instances_of(a).size() == 2);
    c.signal(SIGKILL);
    CHECK(c.wait().has_value());
    const rl::SystemClock clock;
    const rl::Instant killed = clock.now();
    CHECK(eventually([&] { return instances_of(a).size() == 1; }));
    MESSAGE("a killed server was listed for " << (clock.now() - killed).count() / 1000 << " ms");
    CHECK(contains(a.rlctl({"health", "set", "normal", "--wait"}).out,
                   "followed by 1 of 1 instances"));
  }

  TEST_CASE("a health that ends by its time is one line in the audit log of a whole fleet") {
    const RedisServer redis;
    auto options = on(redis);
    options.dev = false;  // so that the audit log is in that Redis
    const RlServer a(options);
    const RlServer b(options);
    const RlServer c(options);
    REQUIRE(a.rlctl({"health", "set", "degraded", "--for", "1s", "--wait"}).status == 0);
    for (const RlServer* const server : std::array<const RlServer*, 3>{&a, &b, &c}) {
      // Which each logs when it has told the audit log.
      CHECK(
          eventually([&] { return contains(server->log(), "health set state=NORMAL version=3"); }));
    }
    const json entries = json::parse(b.ask_admin({.target = "/admin/v1/audit"}).body)["entries"];
    REQUIRE(entries.size() == 2);
    CHECK(entries[0]["actor"] == "ttl");
    CHECK(entries[0]["subject"] == "health v3");
    CHECK(entries[1]["actor"] == "admin");
  }

  TEST_CASE("a server that stands still is missed and comes back with the right health") {
    const RedisServer redis;
    const RlServer a(on(redis));
    RlServer b(on(redis));
    REQUIRE(eventually([&] { return instances_of(a).size() == 2; }));
    b.signal(SIGSTOP);
    const Finished set = rl::test::run({.argv = {rl::test::program("rlctl"), "--timeout", "1s",
                                                 "health", "set", "degraded", "--wait"},
                                        .environment = {{"RL_DATA_DIR", a.data_dir()}}});
    CHECK(set.status == 10);
    CHECK(contains(set.err, "rlctl: 1 of 2 instances did not follow within 1s: "));
    CHECK(limit_on(a) == "2");
    CHECK(eventually([&] { return instances_of(a).size() == 1; }));
    b.signal(SIGCONT);
    CHECK(eventually([&] { return limit_on(b) == "2"; }));
    CHECK(eventually([&] { return instances_of(a).size() == 2; }));
    const RlServer late(on(redis));
    CHECK(limit_on(late) == "2");
  }

  TEST_CASE("without Redis nothing is set but directly, and that is what counts when it is back") {
    RedisServer redis;
    const RlServer a(on(redis));
    const RlServer b(on(redis));
    redis.kill();
    const auto refused = a.rlctl({"health", "set", "degraded"});
    CHECK(refused.status == 1);
    CHECK(contains(refused.err,
                   "the health of the fleet cannot be set while its Redis does not answer"));
    CHECK(contains(refused.err, "\n  rlctl health set STATE --direct URL…"));
    CHECK(limit_on(a) != "2");
    const auto problem = a.ask_admin(
        {.method = "POST", .target = "/system/health", .body = R"({"state":"DEGRADED"})"});
    CHECK(problem.status == 503);
    CHECK(header(problem, "Content-Type") == "application/problem+json");
    CHECK(eventually([&] {
      return contains(a.rlctl({"status"}).out, "\nfleet\tthe other instances cannot be reached\n");
    }));

    const std::string to_a = "http://" + a.admin().to_string();
    const std::string to_b = b.admin().to_string();
    // Each has a token of its own here; a fleet has one.
    const auto direct = a.rlctl({"health", "set", "degraded", "--direct", to_a, to_b,
                                 "--token-file", a.data_dir() + "/admin-token"});
    CHECK(direct.status == 4);  // b has another token
    CHECK(contains(direct.out, to_a + ": "));
    CHECK(limit_on(a) == "2");
    CHECK(limit_on(b) != "2");  // but its share of 20
    redis.start();
    CHECK(eventually([&] { return limit_on(b) == "2"; }));
    CHECK(contains(a.rlctl({"health", "get"}).out, "\tDEGRADED\n"));
  }

  TEST_CASE("a wish that cannot be meant is told") {
    const auto both = rl::test::run_program(
        "rlctl", {"health", "set", "normal", "--wait", "--direct", "127.0.0.1:1"});
    CHECK(both.status == 2);
    const auto nobody =
        rl::test::run_program("rlctl", {"health", "set", "normal", "--direct", "127.0.0.1:1"});
    CHECK(nobody.status == 3);
  }

  TEST_CASE("the demo on three servers and a Redis of its own is exact") {
    const auto demo = rl::test::run_program("rlload", {"demo", "--store", "redis", "--servers", "3",
                                                       "--tiers", rl::test::kSampleTiers});
    CHECK_MESSAGE(demo.status == 0, demo.out << demo.err);
    CHECK(contains(demo.out, "rlload demo   3 servers, store redis, seed 42,"));
    CHECK(contains(demo.out, "NORMAL\tfree\t40\t20\t20\t20\tok\n"));
    CHECK(contains(demo.out, "DEGRADED\tenterprise\t1600\t1000\t600\t1000\tok\n"));
    CHECK(contains(demo.out, "switch     all 3 servers on DEGRADED "));
    CHECK(contains(demo.out, "over-admitted 0   wrongly denied 0   of 3680 decisions"));
  }

  TEST_CASE("the demo refuses servers that cannot count together") {
    const auto demo = rl::test::run_program(
        "rlload", {"demo", "--servers", "2", "--tiers", rl::test::kSampleTiers});
    CHECK(demo.status == 2);
    CHECK(contains(demo.err, "2 servers with their counters in memory count each for itself"));
    CHECK(contains(demo.err, "give --store redis"));
  }
}
