#include "tests/http/house.h"

using rl::test::header_of;
using rl::test::House;

namespace {

/// GET /limit costs 7 and POST /v1/transcribe 5.
constexpr char kPolicy[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 1000
[[routes]]
match = "GET /limit"
cost = 7
[[routes]]
match = "POST /v1/transcribe"
cost = 5
)";

/// What a request that passed took.
int cost_of(House& house, const rl::client::HttpRequest& request) {
  const int before = std::stoi(
      header_of(house.get_as("rlk_demo_free", "/v1/check?cost=0"), "X-RateLimit-Remaining"));
  const auto reply = house.ask(request);
  REQUIRE(reply.status == 200);
  return before - std::stoi(header_of(reply, "X-RateLimit-Remaining"));
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("no spelling of a path evades the limit of its route") {
    House house(rl::test::policy_of(kPolicy));
    const rl::client::HeaderList key = {{"X-API-Key", "rlk_demo_free"}};
    for (const std::string path :
         {"/v1/transcribe", "/v1//transcribe", "/v1/./transcribe", "/v1/x/../transcribe",
          "/v1/%74ranscribe", "/v1/%2574ranscribe", "/v1%2Ftranscribe", "//v1/transcribe",
          "/v1/x/%2e%2e/transcribe"}) {
      CAPTURE(path);
      for (const auto& [method, uri] : {std::pair{"X-Original-Method", "X-Original-URI"},
                                        {"X-Forwarded-Method", "X-Forwarded-Uri"}}) {
        rl::client::HeaderList headers = key;
        headers.emplace_back(method, "POST");
        headers.emplace_back(uri, path + "?x=/limit");
        CHECK(cost_of(house, {.target = "/v1/check", .headers = headers}) == 5);
      }
      CHECK(cost_of(house, {.target = "/v1/check?route=POST%20" + path, .headers = key}) == 5);
    }
    for (const std::string path : {"/limit", "/%6Cimit", "/l%69mit?x=%2F"}) {
      CAPTURE(path);
      CHECK(cost_of(house, {.target = path, .headers = key}) == 7);
    }
    for (const std::string path : {"//limit", "/./limit", "/x/../limit", "/%256Cimit"}) {
      CAPTURE(path);  // these lead to no handler
      CHECK(house.ask({.target = path, .headers = key}).status == 404);
    }
  }
}
