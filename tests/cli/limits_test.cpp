#include <doctest/doctest.h>

#include <string>

#include "rl/base/duration.h"
#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::header;
using rl::test::RlServer;

namespace {

/// How the requests of one key were answered, one after the other on one connection.
struct Tally {
  int admitted = 0;
  int denied = 0;
  int admitted_after_a_denial = 0;
  int other = 0;
};

Tally send_requests(const RlServer& server, const std::string& key, int requests) {
  rl::client::HttpConnection connection(server.data(), std::chrono::seconds{20});
  Tally tally;
  for (int i = 0; i < requests; ++i) {
    const auto reply = connection.send({.target = "/test", .headers = {{"X-API-Key", key}}});
    const int status = reply ? reply->status : 0;
    tally.admitted_after_a_denial += status == 200 && tally.denied > 0 ? 1 : 0;
    tally.admitted += status == 200 ? 1 : 0;
    tally.denied += status == 429 ? 1 : 0;
    tally.other += status != 200 && status != 429 ? 1 : 0;
  }
  return tally;
}

void check_tier(const RlServer& server, const std::string& key, int limit) {
  CAPTURE(key);
  const Tally tally = send_requests(server, key, limit + 20);
  CHECK(tally.admitted == limit);
  CHECK(tally.denied == 20);
  CHECK(tally.admitted_after_a_denial == 0);
  CHECK(tally.other == 0);
}

std::int64_t seconds_from_now(const std::string& epoch) {
  const auto now = rl::SystemClock().wall_now().time_since_epoch();
  return std::stoll(epoch) - std::chrono::floor<std::chrono::seconds>(now).count();
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("twenty requests with the free key pass and the twenty-first is told when to retry") {
    const RlServer server;
    for (int i = 1; i <= 20; ++i) {
      const auto reply = server.get("/test", "rlk_demo_free");
      REQUIRE(reply.status == 200);
      CHECK(reply.body == "{\"ok\":true,\"path\":\"/test\"}\n");
      CHECK(header(reply, "X-RateLimit-Limit") == "20");
      CHECK(header(reply, "X-RateLimit-Remaining") == std::to_string(20 - i));
      const std::int64_t reset = seconds_from_now(header(reply, "X-RateLimit-Reset"));
      CHECK(reset >= 1);
      CHECK(reset <= 61);
      CHECK(header(reply, "Retry-After").empty());
    }
    const auto denied = server.get("/test", "rlk_demo_free");
    REQUIRE(denied.status == 429);
    CHECK(header(denied, "X-RateLimit-Limit") == "20");
    CHECK(header(denied, "X-RateLimit-Remaining") == "0");
    CHECK(header(denied, "Content-Type") == "application/problem+json");
    const int retry_after = std::stoi(header(denied, "Retry-After"));
    CHECK(retry_after >= 1);
    CHECK(retry_after <= 60);
    const auto problem = rl::test::parse_json(denied.body);
    CHECK(problem["retry_after_seconds"] == retry_after);
    CHECK(contains(problem["detail"], "allows 20 "));
  }

  TEST_CASE("after rlctl health set degraded the next denial names limit 2") {
    const RlServer server;
    CHECK(send_requests(server, "rlk_demo_free", 21).denied == 1);
    REQUIRE(server.rlctl({"health", "set", "degraded"}).status == 0);
    const auto denied = server.get("/test", "rlk_demo_free");
    REQUIRE(denied.status == 429);
    CHECK(header(denied, "X-RateLimit-Limit") == "2");
    CHECK(contains(header(denied, "X-RateLimit-Context"), "state=DEGRADED;health=2"));
    CHECK(contains(denied.body, "allows 2 "));
  }

  TEST_CASE("each tier gets exactly its burst while NORMAL and its degraded number after") {
    const RlServer server;
    check_tier(server, "rlk_demo_free.normal", 20);
    check_tier(server, "rlk_demo_pro.normal", 150);
    check_tier(server, "rlk_demo_enterprise.normal", 1500);
    REQUIRE(server.rlctl({"health", "set", "degraded"}).status == 0);
    check_tier(server, "rlk_demo_free.degraded", 2);
    check_tier(server, "rlk_demo_pro.degraded", 100);
    check_tier(server, "rlk_demo_enterprise.degraded", 1000);
    REQUIRE(server.rlctl({"health", "set", "normal"}).status == 0);
    CHECK(send_requests(server, "rlk_demo_free.degraded", 20).admitted == 18);
  }

  TEST_CASE("what a key used counts on every route and in ping by its own id") {
    const RlServer server;
    CHECK(header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Remaining") == "19");
    CHECK(header(server.get("/limit", "rlk_demo_free"), "X-RateLimit-Remaining") == "18");
    CHECK(header(server.get("/v1/check?cost=5", "rlk_demo_free"), "X-RateLimit-Remaining") == "13");
    CHECK(header(server.get("/ping?user_id=alice"), "X-RateLimit-Remaining") == "19");
    CHECK(header(server.get("/ping?user_id=bob"), "X-RateLimit-Remaining") == "19");
  }

  TEST_CASE("without dev mode the demo keys are refused") {
    const RlServer server({.dev = false});
    CHECK(server.get("/test", "rlk_demo_free").status == 401);
    CHECK(contains(server.log(), "there are no users yet: every API key is refused"));
    CHECK(contains(server.log(), "rlctl users create makes one"));
  }
}
