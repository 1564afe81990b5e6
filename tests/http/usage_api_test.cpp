#include "rl/http/usage_api.h"

#include <fmt/core.h>

#include "tests/http/house.h"

using namespace std::chrono_literals;
using nlohmann::json;
using rl::test::document_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

constexpr char kUsageTiers[] = R"(version = 1
default_tier = "free"
[[tiers.free.limits]]
window = "1m"
base   = 3
)";

std::string make_key(House& house, const std::string& user) {
  const json made = document_of(house.post_admin("/users", json{{"name", user}}.dump()), 201);
  return document_of(house.post_admin("/admin/v1/keys", json{{"user_id", made["id"]}}.dump()),
                     201)["secret"];
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("D3 the usage of each key and user is told minute by minute") {
    House house(rl::test::policy_of(kUsageTiers));
    const std::string key = make_key(house, "alice");
    for (int i = 0; i < 5; ++i) {
      house.get_as(key, "/limit");
    }
    house.clock.advance(2min);
    house.get_as(key, "/limit");
    house.post_admin("/requests", R"({"user_id":1})");
    house.post_admin("/admin/v1/check", json{{"key", key}}.dump());  // takes nothing
    const json usage = document_of(house.get_admin("/admin/v1/usage?key=k1"));
    CHECK(usage["key_id"] == "k1");
    CHECK(usage["user_id"].is_null());
    CHECK(usage["total"] == json{{"allowed", 4}, {"denied", 2}});
    CHECK(usage["last_used"] == "2026-01-01T00:02:00Z");
    CHECK(usage["step_seconds"] == 60);
    CHECK(usage["buckets"] ==
          json{{{"at", "2026-01-01T00:00:00Z"}, {"allowed", 3}, {"denied", 2}},
               {{"at", "2026-01-01T00:02:00Z"}, {"allowed", 1}, {"denied", 0}}});
    const json of_user = document_of(house.get_admin("/admin/v1/usage?user=1"));
    CHECK(of_user["total"] == json{{"allowed", 5}, {"denied", 2}});
    CHECK(of_user["last_used"].is_null());
    const json hours = document_of(house.get_admin("/admin/v1/usage?key=k1&for=86400&step=3600"));
    CHECK(hours["buckets"] ==
          json{{{"at", "2026-01-01T00:00:00Z"}, {"allowed", 4}, {"denied", 2}}});
    const json last = document_of(house.get_admin("/admin/v1/usage?key=k1&for=60"));
    CHECK(last["total"] == json{{"allowed", 1}, {"denied", 0}});
    make_key(house, "bob");
    CHECK(document_of(house.get_admin("/admin/v1/usage?key=k2"))["buckets"].empty());
  }

  TEST_CASE("D5 the rate of requests of each key is told and the loudest first") {
    House house(rl::test::policy_of(kUsageTiers));
    const std::string alice = make_key(house, "alice");
    const std::string bob = make_key(house, "bob");
    for (int i = 0; i < 10; ++i) {
      house.get_as(bob, "/limit");
    }
    house.get_as(alice, "/limit");
    house.usage.tick();
    const json top = document_of(house.get_admin("/admin/v1/top"));
    CHECK(top["window_seconds"] == 10);
    CHECK(top["loudest"] == json{{{"key_id", "k2"},
                                  {"user_id", 2},
                                  {"requests_per_second", 1.0},
                                  {"denied_per_second", 0.7}},
                                 {{"key_id", "k1"},
                                  {"user_id", 1},
                                  {"requests_per_second", 0.1},
                                  {"denied_per_second", 0.0}}});
    CHECK(document_of(house.get_admin("/admin/v1/top?limit=1"))["loudest"].size() == 1);
    house.clock.advance(10s);
    CHECK(document_of(house.get_admin("/admin/v1/top"))["loudest"].empty());
  }

  TEST_CASE("what is wrong with a question about usage is told in its own words") {
    House house;
    const std::pair<const char*, const char*> rows[] = {
        {"usage", "name either a ?key= or a ?user=, once"},
        {"usage?key=k1&user=1", "name either a ?key= or a ?user=, once"},
        {"usage?key=k1&key=k2", "name either a ?key= or a ?user=, once"},
        {"usage?key=1", "a key is named by its id, k1, and a user by its own, 1"},
        {"usage?user=01", "a key is named by its id, k1, and a user by its own, 1"},
        {"usage?user=1&for=59", "?for= is given once, a whole number from 60 to 604800"},
        {"usage?user=1&step=90", "?step= is a whole number of minutes, in seconds"},
        {"usage?user=1&x=1", "the query may have key or user, for and step"},
        {"top?limit=101", "?limit= is given once, a whole number from 1 to 100"},
        {"top?x=1", "the query may have limit"},
    };
    for (const auto& [target, told] : rows) {
      CAPTURE(target);
      CHECK(problem_of(house.get_admin(std::string("/admin/v1/") + target), 400)["detail"] == told);
    }
    CHECK(problem_of(house.get_admin("/admin/v1/usage?key=k9"), 404)["detail"] ==
          "there is no key k9");
    CHECK(problem_of(house.get_admin("/admin/v1/usage?user=9"), 404)["detail"] ==
          "there is no user 9");
    CHECK(House::send(house.to_admin, {.target = "/admin/v1/top"}).status == 401);
    CHECK(House::send(house.to_admin, {.target = "/admin/v1/usage?key=k1"}).status == 401);
  }
}
