#include <fmt/core.h>

#include "tests/http/house.h"

using nlohmann::json;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

std::string tiers_of(int base) {
  return fmt::format(
      "version = 1\ndefault_tier = \"free\"\n[[tiers.free.limits]]\nwindow = \"1m\"\nbase = {}\n",
      base);
}

constexpr char kBroken[] =
    "version = 1\ndefault_tier = \"fre\"\ntiers.free.unlimited = true\ncolour = 1\n";

House house_of(int base) {
  return House(rl::test::policy_of(tiers_of(base).c_str()));
}

rl::client::HttpReply put(House& house, const std::string& text, const std::string& query = "") {
  return house.ask_admin({.method = "PUT",
                          .target = "/admin/v1/tiers" + query,
                          .body = text,
                          .content_type = "application/toml"});
}

std::string limit_of(House& house) {
  return header_of(house.get_as("rlk_demo_free", "/test"), "X-RateLimit-Limit");
}

json changes_to(int before, int after) {
  json changes = json::array();
  for (const char* const member : {"base", "burst", "degraded"}) {
    changes.push_back({{"kind", "changed"},
                       {"where", "tiers.free.limits.1m"},
                       {"member", member},
                       {"before", std::to_string(before)},
                       {"after", std::to_string(after)}});
  }
  return changes;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a policy that is applied limits the next request and keeps its count") {
    House house = house_of(10);
    CHECK(limit_of(house) == "10");
    CHECK(document_of(put(house, tiers_of(30))) == json{{"schema_version", 1},
                                                        {"previous_version", 1},
                                                        {"policy_version", 2},
                                                        {"dry_run", false},
                                                        {"changes", changes_to(10, 30)}});
    const auto reply = house.get_as("rlk_demo_free", "/test");
    CHECK(header_of(reply, "X-RateLimit-Limit") == "30");
    CHECK(header_of(reply, "X-RateLimit-Remaining") == "28");
    CHECK(rl::read_file(house.tiers_path).value() == tiers_of(30));
  }

  TEST_CASE("a reload takes the file as it is") {
    House house = house_of(10);
    house.write_tiers(tiers_of(40));
    const json done = document_of(house.post_admin("/admin/v1/tiers/reload", ""));
    CHECK(done["policy_version"] == 2);
    CHECK(done["changes"] == changes_to(10, 40));
    CHECK(limit_of(house) == "40");
  }

  TEST_CASE("a dry run shows the changes and makes none") {
    House house = house_of(10);
    const json applied = document_of(put(house, tiers_of(30), "?dry_run=true"));
    CHECK(applied["dry_run"] == true);
    CHECK(applied["policy_version"] == 1);
    CHECK(applied["changes"] == changes_to(10, 30));
    house.write_tiers(tiers_of(40));
    const json reloaded = document_of(house.post_admin("/admin/v1/tiers/reload?dry_run=true", ""));
    CHECK(reloaded["changes"] == changes_to(10, 40));
    CHECK(limit_of(house) == "10");
  }

  TEST_CASE("a query that is spelled wrong changes nothing") {
    House house = house_of(10);
    house.write_tiers(tiers_of(40));
    for (const std::string query :
         {"?dryrun=true", "?dry_run=1", "?dry_run", "?dry_run=true&dry_run=maybe", "?x=true"}) {
      CAPTURE(query);
      for (const auto& reply :
           {put(house, tiers_of(30), query), house.post_admin("/admin/v1/tiers/reload" + query, ""),
            house.post_admin("/admin/v1/tiers/rollback" + query, R"({"version":1})")}) {
        CHECK(problem_of(reply, 400)["detail"] ==
              "the query may have dry_run and overwrite, each true or false");
      }
    }
    CHECK(limit_of(house) == "10");
  }

  TEST_CASE("faults are told with their places and the policy stays") {
    House house = house_of(10);
    json expected = json::parse(R"([
      {"line": 2, "column": 16, "message": "unknown tier \"fre\"", "hint": "did you mean \"free\"?"},
      {"line": 4, "column": 1, "message": "unknown key \"colour\"",
       "hint": "valid here: version, default_tier, tiers, anonymous, global, routes"}])");
    for (json& fault : expected) {
      fault["file"] = house.tiers_path;
    }
    const json problem = problem_of(put(house, kBroken), 422);
    CHECK(problem["detail"] == "the policy has 2 faults, the one in force stays");
    CHECK(problem["diagnostics"] == expected);
    CHECK(document_of(house.get_admin("/admin/v1/tiers"))["rejected"].is_null());

    house.write_tiers(kBroken);
    CHECK(problem_of(house.post_admin("/admin/v1/tiers/reload", ""), 422)["diagnostics"] ==
          expected);
    CHECK(document_of(house.get_admin("/admin/v1/tiers"))["rejected"] ==
          json{{"at", "2026-01-01T00:00:00Z"}, {"diagnostics", expected}});
    const json policy = document_of(house.get_admin("/admin/v1/snapshot"))["policy"];
    CHECK(policy["file_faults"] == 2);
    CHECK(policy["refused"] == 2);
    CHECK(policy["loaded"] == 0);
    CHECK(limit_of(house) == "10");
  }

  TEST_CASE("an apply over a change on disk is a conflict unless it is meant") {
    House house = house_of(10);
    house.write_tiers(tiers_of(40));
    const json problem = problem_of(put(house, tiers_of(30)), 409);
    CHECK(problem["detail"] == house.tiers_path + " was changed and is not in force");
    CHECK(problem["hint"] == "reload it, or say that it is to be overwritten");
    CHECK(limit_of(house) == "10");
    CHECK(document_of(put(house, tiers_of(30), "?overwrite=true"))["policy_version"] == 2);
    CHECK(limit_of(house) == "30");
  }

  TEST_CASE("history lists what was in force and a roll back returns to it") {
    House house = house_of(10);
    document_of(put(house, tiers_of(30)));
    house.clock.advance(std::chrono::seconds{90});
    const json done = document_of(house.post_admin("/admin/v1/tiers/rollback", R"({"version":1})"));
    CHECK(done["previous_version"] == 2);
    CHECK(done["policy_version"] == 3);
    CHECK(limit_of(house) == "10");
    CHECK(document_of(house.get_admin("/admin/v1/tiers/history"))["revisions"] == json::parse(R"([
      {"version": 1, "at": "2026-01-01T00:00:00Z", "cause": "start", "changes": 0, "tiers": 1},
      {"version": 2, "at": "2026-01-01T00:00:00Z", "cause": "apply by admin@127.0.0.1",
       "changes": 3, "tiers": 1},
      {"version": 3, "at": "2026-01-01T00:01:30Z", "cause": "rollback to v1 by admin@127.0.0.1",
       "changes": 3, "tiers": 1}])"));
  }

  TEST_CASE("a roll back says what is wrong with its version") {
    House house = house_of(10);
    struct Row {
      std::string body;
      int status;
      std::string detail;
    };
    const Row rows[] = {
        {"", 400, "the body is missing: send a JSON object"},
        {"{}", 422, "\"version\" is missing"},
        {R"({"version":0})", 422, "\"version\" is a whole number from 1 to 9223372036854775807"},
        {R"({"version":"1"})", 422, "\"version\" is a whole number from 1 to 9223372036854775807"},
        {R"({"version":1,"force":true})", 422, "\"force\" is not known here"},
        {R"({"version":7})", 404, "policy v7 is not kept"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.body);
      CHECK(problem_of(house.post_admin("/admin/v1/tiers/rollback", row.body),
                       row.status)["detail"] == row.detail);
    }
  }

  TEST_CASE("a tier that comes or goes while the server runs has its demo user or none") {
    House house = house_of(10);
    CHECK(house.get_as("rlk_demo_gold", "/test").status == 401);
    document_of(put(house, tiers_of(10) + "[[tiers.gold.limits]]\nwindow = \"1m\"\nbase = 7\n"));
    CHECK(header_of(house.get_as("rlk_demo_gold", "/test"), "X-RateLimit-Limit") == "7");
    document_of(put(house, tiers_of(10)));
    CHECK(house.get_as("rlk_demo_gold", "/test").status == 401);
  }
}
