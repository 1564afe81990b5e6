#include "rl/http/admin_api.h"

#include "tests/http/house.h"

using namespace std::chrono_literals;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;
using json = nlohmann::json;

namespace {

struct Endpoint {
  const char* method;
  const char* path;
  const char* body;
};

constexpr char kOtherTiers[] =
    "version = 1\ndefault_tier = \"free\"\ntiers.free.unlimited = true\n";

constexpr Endpoint kEndpoints[] = {
    {"GET", "/system/health", ""},
    {"POST", "/system/health", R"({"state":"DEGRADED"})"},
    {"POST", "/system/health?direct=true", R"({"state":"DEGRADED"})"},
    {"GET", "/admin/v1/health/history", ""},
    {"GET", "/admin/v1/instances", ""},
    {"GET", "/admin/v1/tiers", ""},
    {"PUT", "/admin/v1/tiers", kOtherTiers},
    {"POST", "/admin/v1/tiers/reload", ""},
    {"POST", "/admin/v1/tiers/rollback", R"({"version":1})"},
    {"GET", "/admin/v1/tiers/history", ""},
    {"POST", "/admin/v1/check", R"({"user_id":1,"consume":true})"},
    {"GET", "/admin/v1/snapshot", ""},
    {"GET", "/users", ""},
    {"GET", "/admin/v1/keys", ""},
    {"GET", "/admin/v1/audit", ""},
};

rl::client::HttpRequest request_of(const Endpoint& endpoint,
                                   const rl::client::HeaderList& headers = {}) {
  return {.method = endpoint.method,
          .target = endpoint.path,
          .headers = headers,
          .body = endpoint.body};
}

json check(House& house, const std::string& body) {
  return document_of(house.post_admin("/admin/v1/check", body));
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("no admin endpoint does anything without a token that is known") {
    struct Row {
      rl::client::HeaderList headers;
      std::string detail;
    };
    const Row rows[] = {
        {{}, "send the admin token as Authorization: Bearer"},
        {{{"Authorization", "Bearer "}}, "send the admin token as Authorization: Bearer"},
        {{{"Authorization", "Basic YTpi"}}, "send the admin token as Authorization: Bearer"},
        {{{"X-API-Key", rl::test::kAdminToken}}, "send the admin token as Authorization: Bearer"},
        {{{"Authorization", "Bearer a-token-for-test"}}, "this admin token is not known"},
        {{{"Authorization", "Bearer a-token-for-testss"}}, "this admin token is not known"},
        {{{"Authorization", "Bearer A-token-for-tests"}}, "this admin token is not known"},
        {{{"Authorization", "Bearer rlk_demo_free"}}, "this admin token is not known"},
    };
    House house;
    for (const Endpoint& endpoint : kEndpoints) {
      for (const Row& row : rows) {
        CAPTURE(endpoint.path);
        CAPTURE(row.detail);
        const auto reply = House::send(house.to_admin, request_of(endpoint, row.headers));
        CHECK(problem_of(reply, 401)["detail"] == row.detail);
        CHECK(header_of(reply, "WWW-Authenticate") == "Bearer realm=\"rl\"");
      }
    }
    CHECK(house.health.record().health.version == 1);
    CHECK(house.store.stats().buckets == 0);
  }

  TEST_CASE("every admin endpoint answers to each of the tokens") {
    House house;
    for (const Endpoint& endpoint : kEndpoints) {
      CAPTURE(endpoint.path);
      CHECK(house.ask_admin(request_of(endpoint)).status == 200);
      CHECK(House::send(house.to_admin,
                        request_of(endpoint, {{"Authorization", "Bearer another-token"}}))
                .status == 200);
    }
  }

  TEST_CASE("without a token in the configuration nobody is let in") {
    House house;
    house.tokens.install({});
    for (const Endpoint& endpoint : kEndpoints) {
      CAPTURE(endpoint.path);
      for (const rl::client::HeaderList& headers :
           {rl::client::HeaderList{}, {{"Authorization", "Bearer x"}}}) {
        CHECK(House::send(house.to_admin, request_of(endpoint, headers)).status == 401);
      }
      CHECK(house.ask_admin(request_of(endpoint)).status == 401);
    }
  }

  TEST_CASE("the data listener knows nothing of the admin API") {
    House house;
    for (const Endpoint& endpoint : kEndpoints) {
      CAPTURE(endpoint.path);
      CHECK(
          house.ask(request_of(endpoint, {{"Authorization", "Bearer a-token-for-tests"}})).status ==
          404);
    }
    CHECK(house.get_admin("/test").status == 404);
    CHECK(house.get_admin("/v1/check").status == 404);
  }

  TEST_CASE("a peek tells what a request would get and takes nothing") {
    House house;
    const json expected = json::parse(R"({
      "schema_version": 1, "allowed": true, "tier": "free", "user_id": 1, "key_id": "demo-free",
      "cost": 1, "state": "NORMAL", "health_version": 1, "policy_version": 1, "store": "memory",
      "consumed": false, "binding": "1m", "retry_after_seconds": null,
      "limits": [{"name": "1m", "limit": 20, "remaining": 20, "reset_seconds": 0, "allowed": true,
                  "enforce": true, "retry_after_seconds": null}]})");
    for (int i = 0; i < 3; ++i) {
      CHECK(check(house, R"({"user_id":1})") == expected);
      CHECK(check(house, R"({"key":"rlk_demo_free","consume":false})") == expected);
    }
    CHECK(house.counters.total().allowed == 0);
    CHECK(header_of(house.get_as("rlk_demo_free", "/test"), "X-RateLimit-Remaining") == "19");
  }

  TEST_CASE("a check that consumes takes its cost and a denial takes nothing") {
    House house;
    const json taken = check(house, R"({"user_id":1,"cost":15,"consume":true})");
    CHECK(taken["consumed"] == true);
    CHECK(taken["cost"] == 15);
    CHECK(taken["limits"][0]["remaining"] == 5);
    CHECK(taken["limits"][0]["reset_seconds"] == 60);
    house.clock.advance(20s);
    const json denied = check(house, R"({"user_id":1,"cost":6,"consume":true})");
    CHECK(denied["allowed"] == false);
    CHECK(denied["consumed"] == false);
    CHECK(denied["binding"] == "1m");
    CHECK(denied["retry_after_seconds"] == 40);
    CHECK(denied["limits"][0]["retry_after_seconds"] == 40);
    CHECK(denied["limits"][0]["allowed"] == false);
    CHECK(check(house, R"({"user_id":1})")["limits"][0]["remaining"] == 5);
    CHECK(header_of(house.get_as("rlk_demo_free", "/test"), "X-RateLimit-Remaining") == "4");
  }

  TEST_CASE("a cost that never passes has no time at which it would") {
    House house;
    const json never = check(house, R"({"user_id":1,"cost":21})");
    CHECK(never["allowed"] == false);
    CHECK(never["retry_after_seconds"].is_null());
    CHECK(never["limits"][0]["retry_after_seconds"].is_null());
  }

  TEST_CASE("a check follows the health in force") {
    House house;
    house.health.set({.state = rl::HealthState::kDegraded});
    const json told = check(house, R"({"user_id":1})");
    CHECK(told["state"] == "DEGRADED");
    CHECK(told["health_version"] == 2);
    CHECK(told["limits"][0]["limit"] == 2);
  }

  TEST_CASE("a check names another key by its own id and bucket") {
    House house;
    check(house, R"({"key":"rlk_demo_free.run-7","consume":true})");
    const json told = check(house, R"({"key":"rlk_demo_free.run-7"})");
    CHECK(told["key_id"] == "demo-free.run-7");
    CHECK(told["user_id"] == 1);
    CHECK(told["limits"][0]["remaining"] == 19);
    CHECK(check(house, R"({"user_id":1})")["limits"][0]["remaining"] == 20);
    CHECK(check(house, R"({"user_id":3})")["tier"] == "enterprise");
  }

  TEST_CASE("a check has the rules and the cost of its route and shows shadow rules") {
    House house(rl::test::policy_of(R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 100
[[tiers.free.limits]]
name = "watch"
window = "1h"
base = 2
enforce = false
[[routes]]
match = "POST /v1/transcribe"
cost = 5
[[routes.limits]]
name = "transcribe"
window = "500ms"
base = 6
)"));
    const json there = check(house, R"({"user_id":1,"route":"POST /v1/transcribe?x=1"})");
    CHECK(there["cost"] == 5);
    CHECK(there["allowed"] == true);
    CHECK(there["binding"] == "route:transcribe");
    REQUIRE(there["limits"].size() == 3);
    CHECK(there["limits"][1]["name"] == "watch");
    CHECK(there["limits"][1]["enforce"] == false);
    CHECK(there["limits"][1]["allowed"] == false);
    CHECK(there["limits"][2]["name"] == "route:transcribe");
    CHECK(check(house, R"({"user_id":1,"route":"POST /v1/transcribe","cost":2})")["cost"] == 2);
    CHECK(check(house, R"({"user_id":1,"route":"/v1/transcribe"})")["limits"].size() == 2);
    check(house, R"({"user_id":1,"route":"POST /v1/transcribe","consume":true})");
    const json denied = check(house, R"({"user_id":1,"route":"POST /v1/transcribe"})");
    CHECK(denied["retry_after_seconds"] == 1);  // half a second, rounded up
    CHECK(denied["limits"][0]["retry_after_seconds"].is_null());
  }

  TEST_CASE("an unlimited tier binds nothing") {
    House house(
        rl::test::policy_of("version = 1\ndefault_tier = \"root\"\n[tiers.root]\n"
                            "unlimited = true\n"));
    const json told = check(house, R"({"user_id":1,"cost":1000000})");
    CHECK(told["allowed"] == true);
    CHECK(told["binding"].is_null());
    CHECK(told["limits"] == json::array());
  }

  TEST_CASE("a check that is wrong gets its answer and takes nothing") {
    struct Row {
      std::string body;
      int status;
      std::string detail;
    };
    const Row rows[] = {
        {"", 400, "the body is missing: send a JSON object"},
        {"[1]", 400, "the body is not a JSON object"},
        {"{}", 422, "name either a \"key\" or a \"user_id\""},
        {R"({"key":"rlk_demo_free","user_id":1})", 422, "name either a \"key\" or a \"user_id\""},
        {R"({"key":null,"user_id":null})", 422, "name either a \"key\" or a \"user_id\""},
        {R"({"user_id":0})", 422, "\"user_id\" is a whole number from 1 to 9223372036854775807"},
        {R"({"user_id":"1"})", 422, "\"user_id\" is a whole number from 1 to 9223372036854775807"},
        {R"({"key":7})", 422, "\"key\" is a string of at most 256 bytes"},
        {"{\"key\":\"" + std::string(257, 'k') + "\"}", 422,
         "\"key\" is a string of at most 256 bytes"},
        {R"({"user_id":1,"cost":-1})", 422, "\"cost\" is a whole number from 0 to 1000000"},
        {R"({"user_id":1,"cost":1000001})", 422, "\"cost\" is a whole number from 0 to 1000000"},
        {R"({"user_id":1,"cost":1.5})", 422, "\"cost\" is a whole number from 0 to 1000000"},
        {R"({"user_id":1,"consume":1})", 422, "\"consume\" is true or false"},
        {R"({"user_id":1,"route":"nowhere"})", 422,
         "\"route\" is METHOD and PATH, such as \"POST /v1/transcribe\""},
        {R"({"user_id":1,"route":""})", 422,
         "\"route\" is METHOD and PATH, such as \"POST /v1/transcribe\""},
        {R"({"user_id":1,"route":7})", 422, "\"route\" is a string of at most 8192 bytes"},
        {R"({"user_id":1,"consumed":true})", 422,
         "\"consumed\" is not known here; did you mean \"consume\"?"},
        {R"({"user_id":4})", 404, "there is no user 4"},
        {R"({"user_id":9223372036854775807})", 404, "there is no user 9223372036854775807"},
        {R"({"key":"rlk_other"})", 404, "no user has this key"},
        {R"({"key":""})", 404, "no user has this key"},
    };
    House house;
    for (const Row& row : rows) {
      CAPTURE(row.body);
      CHECK(problem_of(house.post_admin("/admin/v1/check", row.body), row.status)["detail"] ==
            row.detail);
    }
    CHECK(house.store.stats().buckets == 0);
  }
}
