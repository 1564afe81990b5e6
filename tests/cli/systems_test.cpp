#include <doctest/doctest.h>

#include <string>

#include "tests/cli/programs.h"
#include "tests/support/redis_server.h"

// Rows of docs/systems.md as a user of the whole meets them; the page names the tests of the
// others.

using rl::test::contains;
using rl::test::header;
using rl::test::put;
using rl::test::RlServer;

namespace {

struct Counted {
  int admitted = 0;
  int denied_with_retry_after = 0;
};

/// What becomes of so many requests, one after the other.
Counted count(const RlServer& server, int requests, const std::string& target,
              const std::string& key = {}) {
  Counted counted;
  for (int i = 0; i < requests; ++i) {
    const auto reply = server.get(target, key);
    counted.admitted += reply.status == 200 ? 1 : 0;
    counted.denied_with_retry_after +=
        reply.status == 429 && !header(reply, "Retry-After").empty() ? 1 : 0;
  }
  return counted;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("B2: the tier comes from the key in X-API-Key") {
    const RlServer server;
    for (const std::string tier : {"free", "pro", "enterprise"}) {
      const auto reply = server.get("/test", "rlk_demo_" + tier);
      CHECK(reply.status == 200);
      CHECK(header(reply, "X-RateLimit-Context").starts_with("tier=" + tier + ";"));
    }
    CHECK(server.get("/test").status == 401);
  }

  TEST_CASE("B3: the limits are those of the configuration file") {
    const rl::test::TemporaryDirectory directory;
    const RlServer server({.tiers = put(directory, "tiers.toml",
                                        "version = 1\ndefault_tier = \"tiny\"\n[tiers.tiny]\n"
                                        "[[tiers.tiny.limits]]\nwindow = \"1m\"\nbase = 2\n"
                                        "burst = 3\ndegraded = 1\n")});
    const Counted counted = count(server, 5, "/test", "rlk_demo_tiny");
    CHECK(counted.admitted == 3);
    CHECK(counted.denied_with_retry_after == 2);
    REQUIRE(server.rlctl({"health", "set", "degraded"}).status == 0);
    CHECK(count(server, 3, "/test", "rlk_demo_tiny.other").admitted == 1);
  }

  TEST_CASE("B5: an answer tells limit and remaining and when it resets in UTC") {
    const RlServer server;
    const auto now = rl::SystemClock().wall_now().time_since_epoch();
    const auto reply = server.get("/test", "rlk_demo_pro");
    CHECK(header(reply, "X-RateLimit-Limit") == "150");
    CHECK(header(reply, "X-RateLimit-Remaining") == "149");
    const auto reset = std::chrono::seconds{std::stoll(header(reply, "X-RateLimit-Reset"))};
    CHECK(reset >= now + std::chrono::seconds{59});
    CHECK(reset <= now + std::chrono::seconds{59 + 30});
  }

  TEST_CASE("B6: the health is set through a protected admin endpoint") {
    const RlServer server;
    const rl::client::HttpRequest wish{
        .method = "POST", .target = "/system/health", .body = R"({"state": "DEGRADED"})"};
    CHECK(rl::test::ask(server.admin(), wish).status == 401);
    CHECK(rl::test::ask(server.data(), wish).status == 404);
    CHECK(contains(server.rlctl({"health", "get"}).out, "NORMAL"));
    CHECK(server.ask_admin(wish).status == 200);
    CHECK(header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Limit") == "2");
  }

  TEST_CASE("C4: the environment chooses where counters are") {
    CHECK(contains(header(RlServer().get("/test", "rlk_demo_free"), "X-RateLimit-Context"),
                   "store=memory"));
    const rl::test::RedisServer redis;
    const RlServer server(
        {.flags = {"--store-deadline", "2s"},
         .environment = {{"RATE_LIMIT_BACKEND", "redis"}, {"REDIS_URL", redis.url().to_string()}}});
    CHECK(contains(header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Context"),
                   "store=redis"));
  }

  TEST_CASE("C5: a caller of /ping is limited by the id it names") {
    const RlServer server(
        {.tiers = rl::test::source_dir() + "/examples/sliding-window/tiers.toml"});
    const Counted alice = count(server, 7, "/ping?user_id=alice");
    CHECK(alice.admitted == 5);
    CHECK(alice.denied_with_retry_after == 2);
    CHECK(count(server, 1, "/ping?user_id=bob").admitted == 1);
  }

  TEST_CASE("C6: one limit holds for all callers together and another for an endpoint") {
    const rl::test::TemporaryDirectory directory;
    const RlServer server(
        {.tiers = put(directory, "tiers.toml",
                      "version = 1\ndefault_tier = \"t\"\n[tiers.t]\n"
                      "[[tiers.t.limits]]\nwindow = \"1h\"\nbase = 100\n"
                      "[[global.limits]]\nwindow = \"1h\"\nscope = \"global\"\nbase = 5\n"
                      "[[routes]]\nmatch = \"GET /limit\"\n"
                      "[[routes.limits]]\nwindow = \"1h\"\nscope = \"route\"\nbase = 2\n")});
    CHECK(count(server, 4, "/limit", "rlk_demo_t").admitted == 2);
    CHECK(count(server, 2, "/test", "rlk_demo_t.2").admitted == 2);
    CHECK(count(server, 2, "/test", "rlk_demo_t.3").admitted == 1);
  }

  TEST_CASE("C7: allowed and denied requests are counted") {
    const RlServer server;
    count(server, 23, "/test", "rlk_demo_free");
    const auto decisions = rl::test::steady_status(server)["decisions"];
    CHECK(decisions["allowed"] == 20);
    CHECK(decisions["denied"] == 3);
    CHECK(decisions["by_tier"]["free"]["denied"] == 3);
  }

  TEST_CASE("E2: a fixed window admits its quota and denies the rest with Retry-After") {
    const RlServer server({.tiers = rl::test::source_dir() + "/examples/gateway/tiers.toml"});
    const Counted counted = count(server, 63, "/test", "rlk_demo_free");
    CHECK(counted.admitted + counted.denied_with_retry_after == 63);
    CHECK(counted.admitted >= 60);  // 63 when a new minute began among them
    CHECK(count(server, 70, "/test", "rlk_demo_paid").admitted == 70);
  }
}
