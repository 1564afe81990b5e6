#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::client::HttpReply;
using rl::client::HttpRequest;
using rl::test::contains;
using rl::test::RlServer;

namespace {

struct Refusal {
  HttpRequest request;
  int status;
  std::string detail;  ///< is in the problem's
};

void check_refusal(const HttpReply& reply, const Refusal& expected) {
  CAPTURE(expected.request.target);
  CAPTURE(expected.request.body);
  CAPTURE(reply.body);
  CHECK(reply.status == expected.status);
  CHECK(rl::test::header(reply, "Content-Type") == "application/problem+json");
  const auto problem = rl::test::parse_json(reply.body);
  REQUIRE(problem.is_object());
  CHECK(problem["status"] == expected.status);
  CHECK(contains(problem["detail"], expected.detail));
  CHECK(rl::test::header(reply, "WWW-Authenticate").empty() == (expected.status != 401));
}

HttpRequest post(const std::string& target, const std::string& body) {
  return {.method = "POST", .target = target, .body = body, .content_type = "application/json"};
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a wrong request to the data listener gets its reason and counts for nobody") {
    const RlServer server;
    REQUIRE(server.get("/test", "rlk_demo_free").status == 200);
    auto before = rl::test::steady_status(server);
    const std::vector<Refusal> refusals = {
        {{.target = "/test"}, 401, "send your API key in the header X-API-Key"},
        {{.target = "/limit"}, 401, "send your API key"},
        {{.target = "/v1/check"}, 401, "send your API key"},
        {{.target = "/test", .headers = {{"X-API-Key", ""}}}, 401, "send your API key"},
        {{.target = "/test", .headers = {{"X-API-Key", "rlk_demo_gold"}}},
         401,
         "this API key is not known"},
        {{.target = "/test", .headers = {{"X-API-Key", "rlk_demo_free.no such"}}},
         401,
         "this API key is not known"},
        {{.target = "/test", .headers = {{"Authorization", "Basic cmxrX2RlbW9fZnJlZQ=="}}},
         401,
         "send your API key"},
        {{.target = "/test",
          .headers = {{"X-API-Key", "rlk_demo_free"}, {"Authorization", "Bearer rlk_demo_pro"}}},
         400,
         "two different API keys"},
        {{.target = "/v1/check?cost=many", .headers = {{"X-API-Key", "rlk_demo_free"}}},
         400,
         "?cost= is a whole number from 0 to 1000000"},
        {{.target = "/v1/check?route=nowhere", .headers = {{"X-API-Key", "rlk_demo_free"}}},
         400,
         "METHOD and PATH"},
        {{.target = "/ping"}, 400, "?user_id="},
        {{.target = "/nowhere"}, 404, "nothing is at this path"},
        {{.target = "/system/health"}, 404, "nothing is at this path"},
        {post("/test", "{}"), 405, "/test takes GET, HEAD"},
    };
    for (const Refusal& refusal : refusals) {
      check_refusal(rl::test::ask(server.data(), refusal.request), refusal);
    }
    auto after = rl::test::steady_status(server);
    CHECK(after["decisions"]["unauthenticated"] == 7 + 1);  // two keys at once are no caller either
    after["decisions"]["unauthenticated"] = before["decisions"]["unauthenticated"];
    CHECK(after == before);
  }

  TEST_CASE("a wrong request to the admin listener gets its reason and changes nothing") {
    const RlServer server;
    REQUIRE(server.rlctl({"health", "set", "degraded", "--reason", "as it was"}).status == 0);
    const auto before = rl::test::steady_status(server);
    const std::vector<Refusal> refusals = {
        {post("/system/health", "degraded"), 400, "the body is not a JSON object"},
        {post("/system/health", ""), 400, "the body is missing: send a JSON object"},
        {post("/system/health", "{\"state\": \"NORMAL\""), 400, "the body is not a JSON object"},
        {post("/system/health", "[\"NORMAL\"]"), 400, "the body is not a JSON object"},
        {post("/system/health", R"({"state": "SICK"})"), 422, "\"NORMAL\" or \"DEGRADED\""},
        {post("/system/health", R"({"state": 1})"), 422, "\"state\" is a string"},
        {post("/system/health", "{}"), 422, "\"NORMAL\" or \"DEGRADED\""},
        {post("/system/health", R"({"state": "NORMAL", "raeson": "x"})"), 422,
         "did you mean \"reason\"?"},
        {post("/system/health", R"({"state": "DEGRADED", "ttl_seconds": -1})"), 422,
         "\"ttl_seconds\" is a whole number from 1 to 2678400"},
        {post("/system/health", R"({"state": "DEGRADED", "ttl_seconds": "15m"})"), 422,
         "\"ttl_seconds\" is a whole number"},
        {post("/system/health", R"({"state": "NORMAL", "ttl_seconds": 5})"), 422,
         "NORMAL needs none"},
        {post("/admin/v1/check", "{}"), 422, "name either a \"key\" or a \"user_id\""},
        {post("/admin/v1/check", R"({"key": "nobody"})"), 404, "no user has this key"},
        {post("/admin/v1/check", R"({"user_id": 99})"), 404, "there is no user 99"},
        {{.target = "/test"}, 404, "nothing is at this path"},
    };
    for (const Refusal& refusal : refusals) {
      check_refusal(server.ask_admin(refusal.request), refusal);
    }
    CHECK(rl::test::steady_status(server) == before);
  }

  TEST_CASE("without the token no admin endpoint answers and nothing changes") {
    const RlServer server;
    const auto before = rl::test::steady_status(server);
    const std::vector<HttpRequest> requests = {
        {.target = "/system/health"},
        post("/system/health", R"({"state": "DEGRADED"})"),
        post("/system/health", "not JSON"),
        {.target = "/admin/v1/tiers"},
        post("/admin/v1/check", R"({"key": "rlk_demo_free", "consume": true})"),
        {.target = "/admin/v1/snapshot"},
    };
    for (const HttpRequest& request : requests) {
      check_refusal(rl::test::ask(server.admin(), request),
                    {request, 401, "send the admin token as Authorization: Bearer"});
      for (const std::string& wrong : {std::string("0123456789abcdef0123456789abcdef"),
                                       server.token() + "0", server.token().substr(1)}) {
        check_refusal(server.ask_admin(request, wrong),
                      {request, 401, "this admin token is not known"});
      }
    }
    CHECK(rl::test::steady_status(server) == before);
  }

  TEST_CASE("probes need neither key nor token") {
    const RlServer server;
    for (const rl::Address& listener : {server.data(), server.admin()}) {
      CHECK(rl::test::ask(listener, {.target = "/livez"}).status == 200);
      CHECK(rl::test::ask(listener, {.target = "/readyz"}).status == 200);
    }
  }
}
