#include "rl/load/demo_plan.h"

#include <doctest/doctest.h>

#include <string>

#include "rl/config/policy_file.h"
#include "tests/support/paths.h"

using namespace std::chrono_literals;
using rl::HealthState;
using rl::load::demo_requests;
using rl::load::plan_demo;
using rl::load::Rate;

namespace {

rl::Policy policy_of(const std::string& text) {
  const auto policy = rl::parse_policy(text, "tiers.toml");
  REQUIRE(policy.has_value());
  return *policy;
}

rl::Policy with_limit(const std::string& limit) {
  return policy_of("version = 1\ndefault_tier = \"t\"\n[tiers.t]\nshed_order = 1\n" + limit);
}

constexpr Rate kRate{.per_second = 250};

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("the sample file is planned as documented") {
    const auto policy = rl::load_policy(rl::test::source_dir() + "/tiers.toml");
    REQUIRE(policy.has_value());
    const auto plan = plan_demo(*policy, kRate);
    REQUIRE(plan.has_value());
    struct Row {
      const char* tier;
      std::uint64_t requests;
      std::uint64_t normal;
      std::uint64_t degraded;
    };
    const std::vector<Row> rows = {
        {"free", 40, 20, 2}, {"pro", 200, 150, 100}, {"enterprise", 1600, 1500, 1000}};
    REQUIRE(plan->tiers.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK(plan->tiers[i].name == rows[i].tier);
      CHECK(plan->tiers[i].requests == rows[i].requests);
      CHECK(plan->expected(i, HealthState::kNormal) == rows[i].normal);
      CHECK(plan->expected(i, HealthState::kDegraded) == rows[i].degraded);
    }
    CHECK(plan->order.size() == 1840);
    CHECK(plan->schedule.length() == 7'360ms);
    CHECK(plan->shortest_window == 1min);
  }

  TEST_CASE("every volume is a round step above the burst") {
    CHECK(demo_requests(0) == 20);
    CHECK(demo_requests(1) == 21);
    CHECK(demo_requests(20) == 40);
    CHECK(demo_requests(50) == 100);
    CHECK(demo_requests(51) == 101);
    CHECK(demo_requests(500) == 550);
    CHECK(demo_requests(501) == 601);
    CHECK(demo_requests(4'294'967'295) == 4'294'967'395);
  }

  TEST_CASE("the smallest of several limits decides and shadow rules do not count") {
    const auto plan =
        plan_demo(with_limit("[[tiers.t.limits]]\nwindow = \"1m\"\nbase = 30\n"
                             "[[tiers.t.limits]]\nwindow = \"1h\"\nbase = 10\n"
                             "[[tiers.t.limits]]\nname = \"shadow\"\nwindow = \"1s\"\n"
                             "base = 1\nenforce = false\n"),
                  kRate);
    REQUIRE(plan.has_value());
    CHECK(plan->tiers[0].limits_in(HealthState::kNormal).size() == 2);
    CHECK(plan->tiers[0].requests == 30);
    CHECK(plan->expected(0, HealthState::kNormal) == 10);
    CHECK(plan->shortest_window == 1min);
  }

  TEST_CASE("a tier without limits lets everything in") {
    const auto plan = plan_demo(with_limit("unlimited = true\n"), kRate);
    REQUIRE(plan.has_value());
    CHECK(plan->tiers[0].requests == 20);
    CHECK(plan->expected(0, HealthState::kDegraded) == 20);
  }

  TEST_CASE("rules that cannot be judged exactly are refused with their name") {
    const std::string limit = "[[tiers.t.limits]]\nwindow = \"1m\"\nbase = 10\n";
    struct Row {
      std::string limits;
      const char* part;
    };
    const std::vector<Row> rows = {
        {limit + "scope = \"user\"\n", "has scope \"user\""},
        {limit + "algorithm = \"token_bucket\"\n", "has algorithm \"token_bucket\""},
        {limit + "[[global.limits]]\nwindow = \"1s\"\nbase = 5\n", "is global"},
        {limit +
             "[[routes]]\nmatch = \"GET /test\"\n[[routes.limits]]\nwindow = \"1s\"\nbase = 2\n",
         "is of the route \"GET /test\""},
        {limit + "[[routes]]\nmatch = \"GET /test\"\ncost = 5\n", "they cost 5"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.limits);
      const auto plan = plan_demo(with_limit(row.limits), kRate);
      REQUIRE_FALSE(plan.has_value());
      CAPTURE(plan.error().message);
      CHECK(plan.error().message.find(row.part) != std::string::npos);
    }
  }

  TEST_CASE("rules that other requests meet are no obstacle") {
    CHECK(plan_demo(with_limit("[[tiers.t.limits]]\nwindow = \"1m\"\nbase = 10\n"
                               "[[routes]]\nmatch = \"POST /v1/x\"\ncost = 5\n"),
                    kRate)
              .has_value());
  }

  TEST_CASE("a rate at which units would be freed within a phase is refused with a better one") {
    const auto policy = with_limit("[[tiers.t.limits]]\nwindow = \"1s\"\nbase = 10\n");
    const auto plan = plan_demo(policy, Rate{.per_second = 20});
    REQUIRE_FALSE(plan.has_value());
    CHECK(plan.error().message.find("longer than the window 1s") != std::string::npos);
    CHECK(plan.error().hint == "use --rate 34/s or more");
    CHECK(plan_demo(policy, Rate{.per_second = 34}).has_value());
  }
}
