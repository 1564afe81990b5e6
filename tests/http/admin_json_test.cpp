#include "rl/http/admin_json.h"

#include "tests/http/house.h"
#include "tests/support/paths.h"

using namespace std::chrono_literals;
using rl::test::document_of;
using rl::test::House;
using json = nlohmann::json;

namespace {

/// A limit of a minute as the API shows it.
json minute(int base, int burst, int degraded, int effective) {
  return {{"name", "1m"},    {"window", "1m"},         {"scope", "key"},
          {"base", base},    {"burst", burst},         {"degraded", degraded},
          {"enforce", true}, {"effective", effective}, {"algorithm", "sliding_window"}};
}

/// The server as it lists itself.
json instance_of(const House& house) {
  return {{"id", "i1"},
          {"version", "0.0.1"},
          {"data", house.data_address.to_string()},
          {"admin", house.admin_address.to_string()},
          {"policy_version", 1},
          {"health_version", 1},
          {"state", "NORMAL"}};
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("the tiers of the sample file are shown field by field") {
    House house;
    const json normal = {{"schema_version", 1},
                         {"policy_version", 1},
                         {"source", rl::test::source_dir() + "/tiers.toml"},
                         {"default_tier", "free"},
                         {"anonymous_tier", "free"},
                         {"global", json::array()},
                         {"routes", json::array()},
                         {"rejected", nullptr},
                         {"tiers",
                          {{{"name", "free"},
                            {"description", "trial users"},
                            {"shed_order", 1},
                            {"on_store_failure", nullptr},
                            {"unlimited", false},
                            {"limits", {minute(10, 20, 2, 20)}}},
                           {{"name", "pro"},
                            {"description", "paying teams"},
                            {"shed_order", 2},
                            {"on_store_failure", nullptr},
                            {"unlimited", false},
                            {"limits", {minute(100, 150, 100, 150)}}},
                           {{"name", "enterprise"},
                            {"description", "service-level agreement"},
                            {"shed_order", 3},
                            {"on_store_failure", nullptr},
                            {"unlimited", false},
                            {"limits", {minute(1000, 1500, 1000, 1500)}}}}}};
    CHECK(document_of(house.get_admin("/admin/v1/tiers")) == normal);

    house.health.set({.state = rl::HealthState::kDegraded});
    json degraded = normal;
    degraded["tiers"][0]["limits"][0]["effective"] = 2;
    degraded["tiers"][1]["limits"][0]["effective"] = 100;
    degraded["tiers"][2]["limits"][0]["effective"] = 1000;
    CHECK(document_of(house.get_admin("/admin/v1/tiers")) == degraded);
  }

  TEST_CASE("everything that a policy can say is shown") {
    House house(rl::test::policy_of(R"(
version = 1
default_tier = "root"
[tiers.root]
unlimited = true
[[global.limits]]
name = "all"
window = "90s"
base = 5000
scope = "global"
algorithm = "token_bucket"
[[routes]]
match = "* /v1/*"
cost = 3
[[routes.limits]]
window = "250ms"
base = 4
degraded = 0
scope = "user"
algorithm = "fixed_window"
enforce = false
)"));
    const json shown = document_of(house.get_admin("/admin/v1/tiers"));
    CHECK(shown["anonymous_tier"].is_null());
    CHECK(shown["tiers"] == json::parse(R"([{"name": "root", "description": "", "shed_order": 0,
                                             "on_store_failure": null, "unlimited": true, "limits": []}])"));
    CHECK(shown["global"] == json::parse(R"([{
      "name": "all", "window": "90s", "scope": "global", "algorithm": "token_bucket", "base": 5000,
      "burst": 5000, "degraded": 5000, "enforce": true, "effective": 5000}])"));
    CHECK(shown["routes"] == json::parse(R"([{"match": "* /v1/*", "cost": 3, "limits": [{
      "name": "250ms", "window": "250ms", "scope": "user", "algorithm": "fixed_window", "base": 4,
      "burst": 4, "degraded": 0, "enforce": false, "effective": 4}]}])"));
  }

  TEST_CASE("a snapshot of a fresh server has every member and no traffic") {
    House house;
    CHECK(
        document_of(house.get_admin("/admin/v1/snapshot")) ==
        json{{"schema_version", 1},
             {"version", "0.0.1"},
             {"instance", "i1"},
             {"uptime_seconds", 0},
             {"dev", true},
             {"listeners",
              {{"data", house.data_address.to_string()},
               {"admin", house.admin_address.to_string()}}},
             {"health",
              {{"state", "NORMAL"},
               {"version", 1},
               {"source", "default"},
               {"reason", ""},
               {"by", ""},
               {"since", "2026-01-01T00:00:00Z"},
               {"expires_at", nullptr}}},
             {"policy",
              {{"version", 1},
               {"source", rl::test::source_dir() + "/tiers.toml"},
               {"tiers", 3},
               {"loaded", 0},
               {"refused", 0},
               {"file_faults", 0}}},
             {"store",
              {{"kind", "memory"},
               {"buckets", 0},
               {"max_buckets", house.store.stats().max_buckets},
               {"bytes", house.store.stats().bytes},
               {"max_bytes", house.store.stats().max_bytes},
               {"evicted_live", 0},
               {"expired", 0}}},
             {"fleet",
              {{"shared", false},
               {"reachable", true},
               {"subscribed", false},
               {"by_message", 0},
               {"by_poll", 0},
               {"written_back", 0},
               {"reconnects", 0},
               {"instances", json::array({instance_of(house)})}}},
             {"decisions",
              {{"allowed", 0}, {"denied", 0}, {"unauthenticated", 0}, {"by_tier", json::object()}}},
             {"rates",
              {{"window_seconds", 10}, {"requests_per_second", 0.0}, {"denied_per_second", 0.0}}}});
  }

  TEST_CASE("an instance that is alone lists itself") {
    House house;
    CHECK(document_of(house.get_admin("/admin/v1/instances")) ==
          json{{"schema_version", 1}, {"instances", json::array({instance_of(house)})}});
  }

  TEST_CASE("a snapshot counts what was decided and by which tier") {
    House house;
    house.health.set({.state = rl::HealthState::kDegraded, .reason = "busy"});
    house.rates.sample(house.clock.now(), house.counters.total());
    for (int i = 0; i < 5; ++i) {
      house.get_as("rlk_demo_free", "/test");
    }
    house.get_as("rlk_demo_pro", "/limit");
    house.get("/test");
    house.get_as("nobody", "/test");
    house.get("/livez");
    house.post_admin("/admin/v1/check", R"({"user_id":3})");
    house.clock.advance(2s);
    house.rates.sample(house.clock.now(), house.counters.total());
    house.clock.advance(1'999ms);

    const json shown = document_of(house.get_admin("/admin/v1/snapshot"));
    CHECK(shown["uptime_seconds"] == 3);
    CHECK(shown["health"]["state"] == "DEGRADED");
    CHECK(shown["health"]["reason"] == "busy");
    CHECK(shown["decisions"] == json::parse(R"({"allowed": 3, "denied": 3, "unauthenticated": 2,
      "by_tier": {"free": {"allowed": 2, "denied": 3}, "pro": {"allowed": 1, "denied": 0}}})"));
    CHECK(shown["rates"] == json::parse(R"({"window_seconds": 10, "requests_per_second": 3.0,
                                            "denied_per_second": 1.5})"));
    CHECK(shown["store"]["buckets"] == 2);

    house.clock.advance(120s);
    house.store.sweep();
    const json later = document_of(house.get_admin("/admin/v1/snapshot"));
    CHECK(later["store"]["buckets"] == 0);
    CHECK(later["store"]["expired"] == 2);
    CHECK(later["decisions"] == shown["decisions"]);
  }
}
