#include "rl/http/keys_api.h"

#include "tests/http/house.h"

using namespace std::chrono_literals;
using nlohmann::json;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

/// A house with a user of the free tier: 20 requests in a minute.
struct HouseOfAlice : House {
  HouseOfAlice() { document_of(post_admin("/users", R"({"name":"alice","tier":"free"})"), 201); }

  json key(const std::string& body = R"({"user_id":1})") {
    return document_of(post_admin("/admin/v1/keys", body), 201);
  }
  json rotate(const std::string& body) {
    return document_of(post_admin("/admin/v1/keys/k1/rotate", body));
  }
  std::string remaining(const std::string& secret) {
    return header_of(get_as(secret, "/test"), "X-RateLimit-Remaining");
  }
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a key is shown whole once and then by its beginning and end") {
    HouseOfAlice house;
    const auto reply = house.post_admin("/admin/v1/keys", R"({"user_id":1,"name":"ci"})");
    CHECK(header_of(reply, "Cache-Control") == "no-store");
    CHECK(header_of(reply, "Location") == "/admin/v1/keys/k1");
    json made = document_of(reply, 201);
    const std::string secret = made["secret"];
    CHECK(rl::is_api_key(secret));
    CHECK(made["secrets"] == json::array({{{"prefix", secret.substr(0, 8)},
                                           {"last_four", secret.substr(42)},
                                           {"created", "2026-01-01T00:00:00Z"},
                                           {"expires_at", nullptr}}}));
    made.erase("secret");
    made.erase("secrets");
    CHECK(made == json{{"schema_version", 1},
                       {"id", "k1"},
                       {"user_id", 1},
                       {"name", "ci"},
                       {"tier", nullptr},
                       {"state", "active"},
                       {"created", "2026-01-01T00:00:00Z"},
                       {"expires_at", nullptr},
                       {"revoked_at", nullptr}});
    for (const std::string target :
         {"/admin/v1/keys", "/admin/v1/keys/k1", "/admin/v1/audit", "/users/1"}) {
      CAPTURE(target);
      const auto shown = house.get_admin(target);
      CHECK(shown.status == 200);
      CHECK(shown.body.find(secret.substr(8, 30)) == std::string::npos);
    }
  }

  TEST_CASE("D1 a user is identified by the key in X-API-Key") {
    HouseOfAlice house;
    const std::string secret = house.key()["secret"];
    CHECK(house.remaining(secret) == "19");
    CHECK(house.get("/test", {{"Authorization", "Bearer " + secret}}).status == 200);
    const auto check = house.get_as(secret, "/v1/check");
    CHECK(header_of(check, "X-RateLimit-User") == "1");
    CHECK(header_of(check, "X-RateLimit-Tier") == "free");
  }

  TEST_CASE("D2 no key and a wrong key are refused at once") {
    HouseOfAlice house;
    std::string wrong = house.key()["secret"];
    CHECK(house.get("/limit").status == 401);
    wrong[20] = wrong[20] == 'a' ? 'b' : 'a';
    CHECK(problem_of(house.get_as(wrong, "/limit"), 401)["detail"] == "this API key is not known");
    rl::SeededRandom random(99);
    CHECK(house.get_as(rl::make_api_key(random), "/limit").status == 401);
    CHECK(house.get_as("k1", "/limit").status == 401);
    CHECK(house.get_as("1", "/limit").status == 401);
    CHECK(house.store.stats().buckets == 0);
  }

  TEST_CASE("D3 one user has several keys which count apart") {
    HouseOfAlice house;
    const std::string first = house.key(R"({"user_id":1,"name":"a"})")["secret"];
    const std::string second = house.key(R"({"user_id":1,"name":"b"})")["secret"];
    CHECK(house.remaining(first) == "19");
    CHECK(house.remaining(first) == "18");
    CHECK(house.remaining(second) == "19");
    const json list = document_of(house.get_admin("/admin/v1/keys?user_id=1"));
    REQUIRE(list["keys"].size() == 2);
    CHECK(list["keys"][1]["name"] == "b");
    CHECK(list["next_after"].is_null());
  }

  TEST_CASE("a key may have a tier of its own") {
    HouseOfAlice house;
    const std::string secret = house.key(R"({"user_id":1,"tier":"pro"})")["secret"];
    CHECK(house.remaining(secret) == "149");
  }

  TEST_CASE("a rotation never resets a quota and both keys share it during the grace") {
    HouseOfAlice house;
    const std::string old = house.key()["secret"];
    CHECK(house.remaining(old) == "19");
    const json rotated = house.rotate(R"({"grace_seconds":30})");
    const std::string fresh = rotated["secret"];
    CHECK(fresh != old);
    CHECK(rotated["id"] == "k1");
    CHECK(rotated["secrets"].size() == 2);
    CHECK(rotated["secrets"][1]["expires_at"] == "2026-01-01T00:00:30Z");
    CHECK(house.remaining(fresh) == "18");
    CHECK(house.remaining(old) == "17");
    house.clock.advance(30s);
    CHECK(house.get_as(old, "/test").status == 401);
    CHECK(house.remaining(fresh) == "16");
    CHECK(document_of(house.get_admin("/admin/v1/keys/k1"))["secrets"].size() == 1);
  }

  TEST_CASE("a rotation without grace ends the key before at once and one without body has a day") {
    HouseOfAlice house;
    const std::string first = house.key()["secret"];
    CHECK(house.get_as(first, "/test").status == 200);
    const std::string second = house.rotate(R"({"grace_seconds":0})")["secret"];
    CHECK(house.get_as(first, "/test").status == 401);
    const json third = house.rotate("");
    CHECK(third["secrets"][1]["expires_at"] == "2026-01-02T00:00:00Z");
    CHECK(house.get_as(second, "/test").status == 200);
  }

  TEST_CASE("a revoked key stays refused however often it is sent") {
    HouseOfAlice house;
    const std::string secret = house.key()["secret"];
    CHECK(house.get_as(secret, "/test").status == 200);
    const json revoked = document_of(house.post_admin("/admin/v1/keys/k1/revoke", ""));
    CHECK(revoked["state"] == "revoked");
    CHECK(revoked["revoked_at"] == "2026-01-01T00:00:00Z");
    CHECK(revoked["secrets"].empty());
    for (int i = 0; i < 5; ++i) {
      CHECK(house.get_as(secret, "/test").status == 401);
      house.clock.advance(1h);
    }
    CHECK(document_of(house.post_admin("/admin/v1/keys/k1/revoke", ""))["revoked_at"] ==
          "2026-01-01T00:00:00Z");
  }

  TEST_CASE("a key with a time to live ends by itself") {
    HouseOfAlice house;
    const json made = house.key(R"({"user_id":1,"ttl_seconds":3600})");
    CHECK(made["expires_at"] == "2026-01-01T01:00:00Z");
    const std::string secret = made["secret"];
    house.clock.advance(1h - 1us);
    CHECK(house.get_as(secret, "/test").status == 200);
    house.clock.advance(1us);
    CHECK(house.get_as(secret, "/test").status == 401);
    CHECK(document_of(house.get_admin("/admin/v1/keys/k1"))["state"] == "expired");
  }

  TEST_CASE("what is wrong with a request about keys is told in its own words") {
    HouseOfAlice house;
    house.key(R"({"user_id":1,"name":"ci"})");
    struct Row {
      const char* method;
      std::string target;
      std::string body;
      int status;
      std::string detail;
    };
    const std::string keys = "/admin/v1/keys";
    const Row rows[] = {
        {"POST", keys, "", 400, "the body is missing: send a JSON object"},
        {"POST", keys, "{}", 422, "\"user_id\" is missing"},
        {"POST", keys, R"({"user_id":9})", 404, "there is no user 9"},
        {"POST", keys, R"({"user_id":1,"name":"ci"})", 409,
         "key k1 of user 1 has this name already"},
        {"POST", keys, R"({"user_id":1,"name":"a\tb"})", 422,
         "\"name\" has at least one character, no blank at its ends and no control characters"},
        {"POST", keys, json{{"user_id", 1}, {"name", std::string(65, 'x')}}.dump(), 422,
         "\"name\" is a string of at most 64 bytes"},
        {"POST", keys, R"({"user_id":1,"tier":"premium"})", 422,
         "there is no tier \"premium\" in policy v1"},
        {"POST", keys, R"({"user_id":1,"ttl_seconds":0})", 422,
         "\"ttl_seconds\" is a whole number from 1 to 315360000"},
        {"POST", keys, R"({"user_id":1,"secret":"rlk_x"})", 422, "\"secret\" is not known here"},
        {"GET", keys + "/k9", "", 404, "there is no key k9"},
        {"GET", keys + "/1", "", 404, "a key is named by its id: k1, k2, k3 and so on"},
        {"GET", keys + "/k01", "", 404, "a key is named by its id: k1, k2, k3 and so on"},
        {"GET", keys + "?user_id=9", "", 404, "there is no user 9"},
        {"GET", keys + "?user=1", "", 400, "the query may have user_id, after and limit"},
        {"POST", keys + "/k9/rotate", "{}", 404, "there is no key k9"},
        {"POST", keys + "/k1/rotate", R"({"grace_seconds":-1})", 422,
         "\"grace_seconds\" is a whole number from 0 to 2678400"},
        {"POST", keys + "/k1/rotate", "[]", 400, "the body is not a JSON object"},
        {"POST", keys + "/k9/revoke", "", 404, "there is no key k9"},
        {"GET", "/admin/v1/audit?since=yesterday", "", 400,
         "?since= is given once, a whole number from 0 to 253402300799"},
        {"GET", "/admin/v1/audit?limit=0", "", 400,
         "?limit= is given once, a whole number from 1 to 1000"},
        {"GET", "/admin/v1/audit?by=me", "", 400, "the query may have since, before and limit"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.method);
      CAPTURE(row.target);
      CAPTURE(row.body);
      CHECK(problem_of(house.ask_admin(row.method, row.target, row.body), row.status)["detail"] ==
            row.detail);
    }
    CHECK(document_of(house.get_admin(keys))["keys"].size() == 1);
  }

  TEST_CASE("the audit log has changes of the health and of the tiers too and no dry run") {
    HouseOfAlice house;
    document_of(house.post_admin("/system/health",
                                 R"({"state":"DEGRADED","ttl_seconds":60,"reason":"drill"})"));
    const std::string tiers =
        house.policies.snapshot()->text + "\n[tiers.gold]\nunlimited = true\n";
    CHECK(house.ask_admin("PUT", "/admin/v1/tiers?dry_run=true", tiers).status == 200);
    CHECK(house.ask_admin("PUT", "/admin/v1/tiers", tiers).status == 200);
    CHECK(house.post_admin("/admin/v1/tiers/reload", "").status == 200);  // changes nothing
    const json entries = document_of(house.get_admin("/admin/v1/audit"))["entries"];
    REQUIRE(entries.size() == 3);
    CHECK(entries[0]["action"] == "tiers.change");
    CHECK(entries[0]["subject"] == "apply");
    CHECK(entries[0]["before"] == "policy v1");
    CHECK(entries[0]["after"] == "policy v2");
    CHECK(entries[1]["action"] == "health.set");
    CHECK(entries[1]["before"] == "NORMAL");
    CHECK(entries[1]["after"] == "DEGRADED until 2026-01-01T00:01:00Z: drill");
  }

  TEST_CASE("the audit log tells who changed what and what it was before") {
    HouseOfAlice house;
    house.key(R"({"user_id":1,"name":"ci"})");
    house.clock.advance(90s);
    document_of(house.ask_admin("PATCH", "/users/1", R"({"tier":"pro"})"));
    const json log = document_of(house.get_admin("/admin/v1/audit"));
    REQUIRE(log["entries"].size() == 3);
    CHECK(log["entries"][0] == json{{"id", 3},
                                    {"at", "2026-01-01T00:01:30Z"},
                                    {"actor", "admin"},
                                    {"origin", "127.0.0.1"},
                                    {"action", "user.set-tier"},
                                    {"subject", "user 1"},
                                    {"before", "name alice, tier free"},
                                    {"after", "name alice, tier pro"}});
    CHECK(log["next_before"].is_null());
    const json page = document_of(house.get_admin("/admin/v1/audit?before=3&limit=1"));
    CHECK(page["entries"][0]["action"] == "key.create");
    CHECK(page["next_before"] == 2);
    CHECK(document_of(house.get_admin("/admin/v1/audit?since=1767225601"))["entries"].size() == 1);
  }
}
