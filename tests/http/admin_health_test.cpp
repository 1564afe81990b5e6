#include "rl/http/admin_api.h"
#include "tests/http/house.h"

using namespace std::chrono_literals;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;
using json = nlohmann::json;

namespace {

constexpr char kPath[] = "/system/health";

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("the health of a fresh server is NORMAL by default") {
    House house;
    CHECK(document_of(house.get_admin(kPath)) == json::parse(R"({
      "state": "NORMAL", "version": 1, "source": "default", "reason": "", "by": "",
      "since": "2026-01-01T00:00:00Z", "expires_at": null,
      "instances": [{"id": "i1", "version": 1, "state": "NORMAL"}]})"));
  }

  TEST_CASE("a change is answered with the whole record and is in force at once") {
    House house;
    house.clock.advance(90s);
    const json expected = json::parse(R"({
      "state": "DEGRADED", "version": 2, "source": "manual", "reason": "GPU pool at 98 %",
      "by": "admin@127.0.0.1", "since": "2026-01-01T00:01:30Z",
      "expires_at": "2026-01-01T00:16:30Z",
      "instances": [{"id": "i1", "version": 2, "state": "DEGRADED"}]})");
    CHECK(document_of(house.post_admin(kPath, R"({"state":"DEGRADED","ttl_seconds":900,)"
                                              R"("reason":"GPU pool at 98 %"})")) == expected);
    CHECK(document_of(house.get_admin(kPath)) == expected);
    CHECK(header_of(house.get_as("rlk_demo_free", "/test"), "X-RateLimit-Limit") == "2");
  }

  TEST_CASE("a state without a TTL stays and each change raises the version") {
    House house;
    const json set = document_of(house.post_admin(kPath, R"({"state":"DEGRADED"})"));
    CHECK(set["expires_at"].is_null());
    CHECK(set["reason"] == "");
    house.clock.advance(240h);
    CHECK_FALSE(house.health.expire().has_value());
    CHECK(document_of(house.post_admin(kPath, R"({"state":"DEGRADED"})"))["version"] == 3);
    const json normal = document_of(house.post_admin(kPath, R"({"state":"NORMAL","reason":"r"})"));
    CHECK(normal["state"] == "NORMAL");
    CHECK(normal["version"] == 4);
    CHECK(normal["source"] == "manual");
    CHECK(normal["reason"] == "r");
    CHECK(header_of(house.get_as("rlk_demo_free", "/test"), "X-RateLimit-Limit") == "20");
  }

  TEST_CASE("a state is read in any case and told in capitals") {
    House house;
    for (const std::string state : {"degraded", "Degraded", "DEGRADED", "dEgRaDeD"}) {
      CAPTURE(state);
      house.health.set({});
      CHECK(document_of(house.post_admin(kPath, json{{"state", state}}.dump()))["state"] ==
            "DEGRADED");
    }
    CHECK(document_of(house.post_admin(kPath, R"({"state":"normal"})"))["state"] == "NORMAL");
  }

  TEST_CASE("members that are null are as good as absent") {
    House house;
    const json set = document_of(
        house.post_admin(kPath, R"({"state":"DEGRADED","ttl_seconds":null,"reason":null})"));
    CHECK(set["expires_at"].is_null());
    CHECK(set["reason"] == "");
  }

  TEST_CASE("the edges of what may be said are accepted") {
    House house;
    CHECK(document_of(
              house.post_admin(kPath, R"({"state":"DEGRADED","ttl_seconds":1})"))["expires_at"] ==
          "2026-01-01T00:00:01Z");
    CHECK(document_of(house.post_admin(
              kPath, R"({"state":"DEGRADED","ttl_seconds":2678400})"))["expires_at"] ==
          "2026-02-01T00:00:00Z");
    const std::string reason(500, 'r');
    CHECK(document_of(house.post_admin(
              kPath, json{{"state", "NORMAL"}, {"reason", reason}}.dump()))["reason"] == reason);
  }

  TEST_CASE("a TTL that has run out returns to NORMAL and says why") {
    House house;
    house.post_admin(kPath, R"({"state":"DEGRADED","ttl_seconds":60})");
    house.clock.advance(60s - 1us);
    CHECK_FALSE(house.health.expire().has_value());
    CHECK(document_of(house.get_admin(kPath))["state"] == "DEGRADED");
    house.clock.advance(1us);
    CHECK(house.health.expire().has_value());
    const json ended = document_of(house.get_admin(kPath));
    CHECK(ended["state"] == "NORMAL");
    CHECK(ended["version"] == 3);
    CHECK(ended["source"] == "default");
    CHECK(ended["reason"] == "the time of the previous state ran out");
    CHECK(ended["since"] == "2026-01-01T00:01:00Z");
    CHECK(ended["expires_at"].is_null());
    CHECK(header_of(house.get_as("rlk_demo_free", "/test"), "X-RateLimit-Limit") == "20");
  }

  TEST_CASE("a wish that is wrong gets its answer and changes nothing") {
    constexpr char kState[] = "\"state\" is \"NORMAL\" or \"DEGRADED\"";
    constexpr char kTtl[] = "\"ttl_seconds\" is a whole number from 1 to 2678400";
    constexpr char kReason[] = "\"reason\" is a string of at most 500 bytes";
    constexpr char kNoObject[] = "the body is not a JSON object";
    struct Row {
      std::string body;
      int status;
      std::string detail;
    };
    const Row rows[] = {
        {"", 400, "the body is missing: send a JSON object"},
        {"DEGRADED", 400, kNoObject},
        {"state=DEGRADED", 400, kNoObject},
        {R"({"state":"NORMAL")", 400, kNoObject},
        {R"({"state":"NORMAL"}})", 400, kNoObject},
        {R"({"state":'NORMAL'})", 400, kNoObject},
        {"[]", 400, kNoObject},
        {R"([{"state":"NORMAL"}])", 400, kNoObject},
        {"null", 400, kNoObject},
        {R"("NORMAL")", 400, kNoObject},
        {"{\"state\":\"NORMAL\",\"reason\":\"\xff\"}", 400, "the body is not UTF-8"},
        {"{}", 422, kState},
        {R"({"reason":"r"})", 422, kState},
        {R"({"state":null})", 422, kState},
        {R"({"state":""})", 422, kState},
        {R"({"state":"BROKEN"})", 422, kState},
        {R"({"state":"NORMAL "})", 422, kState},
        {R"({"state":"DEGRADE"})", 422, kState},
        {R"({"state":1})", 422, "\"state\" is a string of at most 32 bytes"},
        {R"({"state":true})", 422, "\"state\" is a string of at most 32 bytes"},
        {R"({"state":["NORMAL"]})", 422, "\"state\" is a string of at most 32 bytes"},
        {"{\"state\":\"" + std::string(33, 'N') + "\"}", 422,
         "\"state\" is a string of at most 32 bytes"},
        {R"({"state":"DEGRADED","ttl_seconds":-1})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":0})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":2678401})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":9223372036854775807})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":99999999999999999999})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":60.0})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":1e3})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":"60"})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":true})", 422, kTtl},
        {R"({"state":"DEGRADED","ttl_seconds":{}})", 422, kTtl},
        {R"({"state":"NORMAL","ttl_seconds":60})", 422,
         "\"ttl_seconds\" ends a DEGRADED state; NORMAL needs none"},
        {R"({"state":"DEGRADED","reason":7})", 422, kReason},
        {R"({"state":"DEGRADED","reason":["r"]})", 422, kReason},
        {"{\"state\":\"DEGRADED\",\"reason\":\"" + std::string(501, 'r') + "\"}", 422, kReason},
        {R"({"state":"DEGRADED","ttl":60})", 422, "\"ttl\" is not known here"},
        {R"({"state":"DEGRADED","ttl_second":60})", 422,
         "\"ttl_second\" is not known here; did you mean \"ttl_seconds\"?"},
        {R"({"stat":"DEGRADED"})", 422, kState},
        {R"({"state":"DEGRADED","by":"root"})", 422, "\"by\" is not known here"},
        {R"({"state":"DEGRADED","version":99})", 422, "\"version\" is not known here"},
        {R"({"state":"NORMAL","state":"DEGRADED"})", 422, "\"state\" is given twice"},
        {R"({"state":"DEGRADED","reason":"a","reason":"a"})", 422, "\"reason\" is given twice"},
    };
    House house;
    house.post_admin(kPath, R"({"state":"DEGRADED","ttl_seconds":900,"reason":"before"})");
    const json before = document_of(house.get_admin(kPath));
    for (const Row& row : rows) {
      CAPTURE(row.body);
      CHECK(problem_of(house.post_admin(kPath, row.body), row.status)["detail"] == row.detail);
      CHECK(document_of(house.get_admin(kPath)) == before);
    }
    house.clock.advance(900s);  // the deadline is the old one, too
    CHECK(house.health.expire().has_value());
  }

  TEST_CASE("the history tells every change since the start") {
    House house;
    house.clock.advance(90s);
    house.post_admin(kPath, R"({"state":"DEGRADED","reason":"drill"})");
    const json history = document_of(house.get_admin("/admin/v1/health/history"));
    CHECK(history["schema_version"] == 1);
    REQUIRE(history["records"].size() == 2);
    CHECK(history["records"][0]["state"] == "NORMAL");
    CHECK(history["records"][0]["since"] == "2026-01-01T00:00:00Z");
    CHECK(history["records"][1]["reason"] == "drill");
    CHECK(history["records"][1]["version"] == 2);
  }

  TEST_CASE("an instance that is alone is set directly in the same way") {
    House house;
    const std::string target = std::string(kPath) + "?direct=";
    CHECK(document_of(house.post_admin(target + "true", R"({"state":"DEGRADED"})"))["version"] ==
          2);
    CHECK(document_of(house.post_admin(target + "false", R"({"state":"NORMAL"})"))["version"] == 3);
    for (const std::string query :
         {"?direct=yes", "?direct", "?diret=true", "?direct=true&ttl=5"}) {
      CAPTURE(query);
      const json problem =
          problem_of(house.post_admin(kPath + query, R"({"state":"DEGRADED"})"), 400);
      CHECK(problem["detail"] == "the query may have direct, true or false");
    }
    CHECK(house.health.record().health.version == 3);
  }

  TEST_CASE("a body may have 65536 bytes and one that is larger changes nothing") {
    House house;
    std::string body = R"({"state":"DEGRADED"})";
    body.resize(65536, ' ');
    problem_of(house.post_admin(kPath, body + " "), 413);
    CHECK(house.health.record().health.version == 1);
    CHECK(document_of(house.post_admin(kPath, body))["version"] == 2);
  }

  TEST_CASE("health takes no other method") {
    House house;
    for (const std::string method : {"PUT", "DELETE", "PATCH"}) {
      const auto reply =
          house.ask_admin({.method = method, .target = kPath, .body = R"({"state":"DEGRADED"})"});
      problem_of(reply, 405);
      CHECK(header_of(reply, "Allow") == "GET, HEAD, POST");
    }
    CHECK(house.health.record().health.version == 1);
  }
}
