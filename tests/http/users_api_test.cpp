#include "rl/http/users_api.h"

#include <fmt/core.h>

#include "tests/http/house.h"

using nlohmann::json;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

constexpr char kTiers[] = R"(version = 1
default_tier = "free"
[[tiers.free.limits]]
window = "1m"
base   = 10
[[tiers.pro.limits]]
window = "1m"
base   = 100
[[tiers.team.limits]]
window = "1m"
base   = 3
scope  = "user"
)";

House house_of_tiers() {
  return House(rl::test::policy_of(kTiers));
}

json create(House& house, const std::string& name, const std::string& tier = "free") {
  return document_of(house.post_admin("/users", json{{"name", name}, {"tier", tier}}.dump()), 201);
}

json create_key(House& house, const json& body) {
  return document_of(house.post_admin("/admin/v1/keys", body.dump()), 201);
}

rl::client::HttpReply record(House& house, int user_id) {
  return house.post_admin("/requests", json{{"user_id", user_id}}.dump());
}

struct Refusal {
  const char* method;
  std::string target;
  std::string body;
  int status;
  std::string detail;
};

void check_refusals(House& house, const std::vector<Refusal>& rows) {
  for (const Refusal& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.target);
    CAPTURE(row.body);
    CHECK(problem_of(house.ask_admin(row.method, row.target, row.body), row.status)["detail"] ==
          row.detail);
  }
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("A1 users are created with ids 1 and 2 and 3") {
    House house = house_of_tiers();
    const auto reply = house.post_admin("/users", R"({"name":"alice","tier":"pro"})");
    CHECK(header_of(reply, "Location") == "/users/1");
    const json alice = document_of(reply, 201);
    CHECK(alice == json{{"id", 1},
                        {"name", "alice"},
                        {"tier", "pro"},
                        {"version", 1},
                        {"created", "2026-01-01T00:00:00Z"}});
    CHECK(document_of(house.get_admin("/users/1")) == alice);
    CHECK(create(house, "bob")["id"] == 2);
    const json carol = document_of(house.post_admin("/users", R"({"name":"carol"})"), 201);
    CHECK(carol["id"] == 3);
    CHECK(carol["tier"] == "free");  // the default
    CHECK(document_of(house.get_admin("/users"))["users"].size() == 3);
    const json page = document_of(house.get_admin("/users?after=1&limit=1"));
    CHECK(page["users"][0]["name"] == "bob");
    CHECK(page["next_after"] == 2);
    CHECK(document_of(house.get_admin("/users?after=3"))["next_after"].is_null());
  }

  TEST_CASE("A2 ten requests of a user pass in a minute and other users do not count") {
    House house = house_of_tiers();
    create(house, "alice");
    create(house, "bob");
    for (int i = 1; i <= 10; ++i) {
      const auto reply = record(house, 1);
      const json document = document_of(reply);
      CHECK(document["allowed"] == true);
      CHECK(document["consumed"] == true);
      CHECK(header_of(reply, "X-RateLimit-Remaining") == std::to_string(10 - i));
    }
    CHECK(record(house, 1).status == 429);
    CHECK(record(house, 2).status == 200);
  }

  TEST_CASE("A3 a denied request is told when to retry to the second") {
    House house = house_of_tiers();
    create(house, "alice");
    record(house, 1);
    house.clock.advance(std::chrono::seconds{20});
    for (int i = 0; i < 9; ++i) {
      record(house, 1);
    }
    const auto denied = record(house, 1);
    const json problem = problem_of(denied, 429);
    CHECK(header_of(denied, "Retry-After") == "40");
    CHECK(problem["retry_after_seconds"] == 40);
    house.clock.advance(std::chrono::seconds{40} - std::chrono::microseconds{1});
    CHECK(record(house, 1).status == 429);
    house.clock.advance(std::chrono::microseconds{1});
    CHECK(record(house, 1).status == 200);
  }

  TEST_CASE("A4 a quota is right for fresh and part-used and exhausted users and takes nothing") {
    House house = house_of_tiers();
    create(house, "alice");
    const auto limit = [&] {
      const json quota = document_of(house.get_admin("/users/1/quota"));
      CHECK(quota["consumed"] == false);
      return quota["limits"][0];
    };
    for (int i = 0; i < 3; ++i) {
      const json fresh = limit();
      CHECK(fresh["limit"] == 10);
      CHECK(fresh["remaining"] == 10);
      CHECK(fresh["reset_seconds"] == 0);
    }
    CHECK(house.store.stats().buckets == 0);
    const json first = document_of(record(house, 1));
    CHECK(first["limits"][0]["reset_seconds"] == 60);
    CHECK(limit()["remaining"] == 9);
    house.clock.advance(std::chrono::seconds{15});
    CHECK(limit()["reset_seconds"] == 45);
    for (int i = 0; i < 9; ++i) {
      record(house, 1);
    }
    const json exhausted = limit();
    CHECK(exhausted["remaining"] == 0);
    CHECK(exhausted["allowed"] == false);
    CHECK(exhausted["retry_after_seconds"] == 45);
    CHECK(document_of(house.get_admin("/users/1/quota"))["allowed"] == false);
    house.clock.advance(std::chrono::seconds{60});
    CHECK(limit()["remaining"] == 10);
  }

  TEST_CASE("A6 the window rolls: each request leaves it 60 seconds after it was made") {
    House house = house_of_tiers();
    create(house, "alice");
    for (int i = 0; i < 10; ++i) {
      CHECK(record(house, 1).status == 200);
      house.clock.advance(std::chrono::seconds{4});
    }
    // 40 s after the first: over the next full minute only as many pass as have left.
    house.clock.advance(std::chrono::seconds{20} - std::chrono::microseconds{1});
    CHECK(record(house, 1).status == 429);
    house.clock.advance(std::chrono::microseconds{1});
    for (int i = 0; i < 10; ++i) {
      CHECK(record(house, 1).status == 200);
      CHECK(record(house, 1).status == 429);
      house.clock.advance(std::chrono::seconds{4});
    }
  }

  TEST_CASE("D1 D2 a user has ten requests a second at /limit by its key and nobody without one") {
    House house(rl::test::policy_of(
        "version = 1\ndefault_tier = \"free\"\n[[tiers.free.limits]]\nwindow = \"1s\"\n"
        "base = 10\nscope = \"user\"\n"));
    create(house, "alice");
    const std::string first = create_key(house, {{"user_id", 1}})["secret"];
    const std::string second = create_key(house, {{"user_id", 1}})["secret"];
    for (int i = 0; i < 5; ++i) {
      CHECK(house.get("/limit", {{"X-API-KEY", first}}).status == 200);
      CHECK(house.get("/limit", {{"x-api-key", second}}).status == 200);
    }
    CHECK(house.get_as(first, "/limit").status == 429);
    CHECK(house.get_as(second, "/limit").status == 429);
    CHECK(problem_of(house.get("/limit"), 401)["detail"] ==
          "send your API key in the header X-API-Key");
    CHECK(house.get_as("wrong", "/limit").status == 401);
    house.clock.advance(std::chrono::seconds{1});
    CHECK(house.get_as(second, "/limit").status == 200);
  }

  TEST_CASE("a quota shows what each key of the user has left") {
    House house = house_of_tiers();
    create(house, "alice");
    const std::string secret = create_key(house, {{"user_id", 1}})["secret"];
    create_key(house, {{"user_id", 1}, {"tier", "pro"}});
    create_key(house, {{"user_id", 1}});
    document_of(house.post_admin("/admin/v1/keys/k3/revoke", ""));
    for (int i = 0; i < 4; ++i) {
      CHECK(house.get_as(secret, "/test").status == 200);
    }
    const json keys = document_of(house.get_admin("/users/1/quota"))["keys"];
    REQUIRE(keys.size() == 2);
    CHECK(keys[0]["key_id"] == "k1");
    CHECK(keys[0]["limits"][0]["remaining"] == 6);
    CHECK(keys[1]["tier"] == "pro");
    CHECK(keys[1]["limits"][0]["remaining"] == 100);
  }

  TEST_CASE("where the policy counts by user ten keys have one quota") {
    House house = house_of_tiers();
    create(house, "alice", "team");
    const std::string first = create_key(house, {{"user_id", 1}})["secret"];
    const std::string second = create_key(house, {{"user_id", 1}})["secret"];
    CHECK(house.get_as(first, "/test").status == 200);
    CHECK(house.get_as(second, "/test").status == 200);
    CHECK(record(house, 1).status == 200);
    CHECK(house.get_as(first, "/test").status == 429);
    CHECK(house.get_as(second, "/test").status == 429);
  }

  TEST_CASE("A5 what is wrong with a request about users is told in its own words") {
    House house = house_of_tiers();
    create(house, "alice");
    const std::string name_rule =
        "\"name\" has at least one character, no blank at its ends and no control characters";
    const std::string long_name = json{{"name", std::string(129, 'x')}}.dump();
    check_refusals(
        house,
        {
            {"POST", "/users", "", 400, "the body is missing: send a JSON object"},
            {"POST", "/users", "[]", 400, "the body is not a JSON object"},
            {"POST", "/users", "{\"name\":\"\xff\"}", 400, "the body is not UTF-8"},
            {"POST", "/users", "{}", 422, "\"name\" is missing"},
            {"POST", "/users", R"({"name":7})", 422, "\"name\" is a string of at most 128 bytes"},
            {"POST", "/users", long_name, 422, "\"name\" is a string of at most 128 bytes"},
            {"POST", "/users", R"({"name":""})", 422, name_rule},
            {"POST", "/users", R"({"name":" a"})", 422, name_rule},
            {"POST", "/users", R"({"name":"a\r\nb"})", 422, name_rule},
            {"POST", "/users", R"({"name":"a\u0000b"})", 422, name_rule},
            {"POST", "/users", R"({"name":"b","teir":"pro"})", 422,
             "\"teir\" is not known here; did you mean \"tier\"?"},
            {"POST", "/users", R"({"name":"b","tier":"por"})", 422,
             "there is no tier \"por\" in policy v1"},
            {"POST", "/users", R"({"name":"alice"})", 409, "user 1 has this name already"},
            {"GET", "/users/9", "", 404, "there is no user 9"},
            {"DELETE", "/users/9", "", 404, "there is no user 9"},
            {"GET", "/users/9/quota", "", 404, "there is no user 9"},
            {"PATCH", "/users/9", R"({"tier":"pro"})", 404, "there is no user 9"},
            {"PATCH", "/users/1", "{}", 422, "\"tier\" is missing"},
            {"PATCH", "/users/1", R"({"tier":"gold"})", 422,
             "there is no tier \"gold\" in policy v1"},
            {"PATCH", "/users/1", R"({"tier":"pro","version":7})", 409,
             "user 1 was changed meanwhile: it has version 1, not 7"},
            {"POST", "/requests", "", 400, "the body is missing: send a JSON object"},
            {"POST", "/requests", "{}", 422, "\"user_id\" is missing"},
            {"POST", "/requests", R"({"user_id":"1"})", 422,
             "\"user_id\" is a whole number from 1 to 9223372036854775807"},
            {"POST", "/requests", R"({"user_id":1,"cost":-1})", 422,
             "\"cost\" is a whole number from 0 to 1000000"},
            {"POST", "/requests", R"({"user_id":9})", 404, "there is no user 9"},
            {"GET", "/users?after=x", "", 400,
             "?after= is given once, a whole number from 0 to 9223372036854775807"},
            {"GET", "/users?limit=1001", "", 400,
             "?limit= is given once, a whole number from 1 to 1000"},
            {"GET", "/users?limit=1&limit=2", "", 400,
             "?limit= is given once, a whole number from 1 to 1000"},
            {"GET", "/users?page=2", "", 400, "the query may have after and limit"},
        });
    CHECK(problem_of(house.post_admin("/users", R"({"name":"b","tier":"por"})"), 422)["hint"] ==
          "did you mean \"pro\"?");
    CHECK(document_of(house.get_admin("/users"))["users"].size() == 1);
    CHECK(house.store.stats().buckets == 0);
  }

  TEST_CASE("a path leads to a user by its one spelling alone") {
    House house = house_of_tiers();
    create(house, "alice");
    for (const std::string id :
         {"0", "01", "+1", "-1", "1.0", "1%20", "%31%00", "..", "%2e%2e", "1;x", "0x1", "alice",
          "9223372036854775808", "99999999999999999999999", "%d9%a1"}) {
      CAPTURE(id);
      CHECK(problem_of(house.get_admin("/users/" + id), 404)["detail"] ==
            "a user is named by its id: 1, 2, 3 and so on");
    }
    CHECK(house.get_admin("/users/" + std::string(8000, '1')).status == 404);
    CHECK(house.get_admin("/users/").status == 404);
    CHECK(house.get_admin("/users/1/").status == 404);
    CHECK(house.get_admin("/users/1/quota/x").status == 404);
  }

  TEST_CASE("a path with a parameter takes its methods and names them") {
    House house = house_of_tiers();
    const auto put = house.ask_admin("PUT", "/users/1", "{}");
    CHECK(problem_of(put, 405)["detail"] == "/users/1 takes DELETE, GET, HEAD, PATCH");
    CHECK(header_of(put, "Allow") == "DELETE, GET, HEAD, PATCH");
    CHECK(header_of(house.get_admin("/admin/v1/keys/k1/rotate"), "Allow") == "POST");
    CHECK(header_of(house.ask_admin("PATCH", "/users", "{}"), "Allow") == "GET, HEAD, POST");
  }

  TEST_CASE("a tier that is changed or a user that is deleted counts for the next request") {
    House house = house_of_tiers();
    create(house, "alice");
    const std::string secret = create_key(house, {{"user_id", 1}})["secret"];
    CHECK(header_of(house.get_as(secret, "/test"), "X-RateLimit-Limit") == "10");
    const json changed =
        document_of(house.ask_admin("PATCH", "/users/1", R"({"tier":"pro","version":1})"));
    CHECK(changed["tier"] == "pro");
    CHECK(changed["version"] == 2);
    const auto reply = house.get_as(secret, "/test");
    CHECK(header_of(reply, "X-RateLimit-Limit") == "100");
    CHECK(header_of(reply, "X-RateLimit-Remaining") == "98");  // the history stays
    CHECK(document_of(house.ask_admin("DELETE", "/users/1"))["name"] == "alice");
    CHECK(house.get_as(secret, "/test").status == 401);
    CHECK(house.get_admin("/users/1").status == 404);
    CHECK(house.get_admin("/admin/v1/keys/k1").status == 404);
  }

  TEST_CASE("nothing about users and keys is done without the admin token") {
    House house = house_of_tiers();
    create(house, "alice");
    create_key(house, {{"user_id", 1}});
    const std::pair<const char*, const char*> rows[] = {
        {"POST", "/users"},
        {"GET", "/users"},
        {"GET", "/users/1"},
        {"PATCH", "/users/1"},
        {"DELETE", "/users/1"},
        {"GET", "/users/1/quota"},
        {"POST", "/requests"},
        {"POST", "/admin/v1/keys"},
        {"GET", "/admin/v1/keys"},
        {"GET", "/admin/v1/keys/k1"},
        {"POST", "/admin/v1/keys/k1/rotate"},
        {"POST", "/admin/v1/keys/k1/revoke"},
        {"GET", "/admin/v1/audit"},
        {"GET", "/admin/v1/export?part=users"},
        {"POST", "/admin/v1/import"},
        {"GET", "/admin/v1/usage?key=k1"},
        {"GET", "/admin/v1/top"},
    };
    for (const auto& [method, target] : rows) {
      CAPTURE(target);
      const rl::client::HttpRequest request{
          .method = method, .target = target, .body = R"({"user_id":1,"name":"x","tier":"pro"})"};
      CHECK(House::send(house.to_admin, request).status == 401);
      CHECK(House::send(house.to_data, request).status == 404);
    }
    CHECK(document_of(house.get_admin("/users"))["users"].size() == 1);
    CHECK(document_of(house.get_admin("/admin/v1/keys/k1"))["state"] == "active");
  }
}
