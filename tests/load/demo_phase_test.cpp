#include "rl/load/demo_phase.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "rl/config/policy_file.h"
#include "tests/load/fake_server.h"

using rl::HealthState;
using rl::load::DemoCell;
using rl::load::DemoPlan;
using rl::load::PhaseResult;
using rl::test::FakeFaults;
using rl::test::FakeServer;

namespace {

DemoPlan small_plan() {
  const auto policy = rl::parse_policy(
      "version = 1\ndefault_tier = \"free\"\n"
      "[tiers.free]\nshed_order = 1\n"
      "[[tiers.free.limits]]\nwindow = \"1m\"\nbase = 10\nburst = 20\ndegraded = 2\n"
      "[tiers.trial]\nshed_order = 2\n"
      "[[tiers.trial.limits]]\nwindow = \"1m\"\nbase = 10\nburst = 20\ndegraded = 2\n",
      "tiers.toml");
  REQUIRE(policy.has_value());
  const auto plan = rl::load::plan_demo(*policy, {.per_second = 1000});
  REQUIRE(plan.has_value());
  return *plan;
}

PhaseResult run_against(FakeServer& server, const DemoPlan& plan,
                        HealthState state = HealthState::kNormal) {
  const rl::SystemClock clock;
  const rl::load::SleepingPacer pacer(clock);
  return rl::load::run_phase({.plan = plan,
                              .state = state,
                              .seed = 42,
                              .servers = {server.address()},
                              .connections = 4,
                              .clock = clock,
                              .pacer = pacer},
                             {});
}

bool has_problem(const DemoCell& cell, const std::string& part) {
  return std::any_of(cell.problems.begin(), cell.problems.end(), [&](const std::string& problem) {
    return problem.find(part) != std::string::npos;
  });
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("a server that keeps its limits has no problem in any cell") {
    FakeServer server(20, 2);
    const DemoPlan plan = small_plan();
    const PhaseResult result = run_against(server, plan);
    REQUIRE(result.cells.size() == 2);
    for (const DemoCell& cell : result.cells) {
      CHECK(cell.sent == 40);
      CHECK(cell.allowed == 20);
      CHECK(cell.limited == 20);
      CHECK(cell.expected == 20);
      CHECK(cell.findings.decisions == 40);
      CHECK(cell.problems.empty());
    }
    CHECK(result.store == "memory");
    CHECK(result.corrected.count() == 80);
    CHECK(server.requests() == std::map<std::string, int>{{"rlk_demo_free.s2a-normal", 40},
                                                          {"rlk_demo_trial.s2a-normal", 40}});
  }

  TEST_CASE("one admission too many is seen by the count and proven by the oracle") {
    FakeServer server(20, 2, {.admit_more = 1});
    const DemoPlan plan = small_plan();
    const DemoCell cell = run_against(server, plan).cells.front();
    CHECK(has_problem(cell, "21 allowed, 20 expected"));
    CHECK(has_problem(cell, "over-admitted 1 within one window"));
    CHECK(cell.findings.over_admitted == 1);
  }

  TEST_CASE("one admission too few is seen by the count and proven by the oracle") {
    FakeServer server(20, 2, {.admit_more = -1});
    const DemoPlan plan = small_plan();
    const DemoCell cell = run_against(server, plan).cells.front();
    CHECK(has_problem(cell, "19 allowed, 20 expected"));
    CHECK(has_problem(cell, "wrongly denied"));
    CHECK(cell.findings.wrongly_denied > 0);
  }

  TEST_CASE("replies that break the contract are named with their number") {
    const DemoPlan plan = small_plan();
    FakeServer forgetful(20, 2, {.forget_retry_after = true});
    CHECK(has_problem(run_against(forgetful, plan).cells.front(),
                      "429 without a Retry-After of at least 1 (in 20 of 40 requests)"));
    FakeServer failing(20, 2, {.fail_every = 10});
    CHECK(
        has_problem(run_against(failing, plan).cells.front(), "status 500 (in 4 of 40 requests)"));
    FakeServer normal(20, 2);
    CHECK(has_problem(run_against(normal, plan, HealthState::kDegraded).cells.front(),
                      "decided in state NORMAL (in 40 of 40 requests)"));
  }

  TEST_CASE("a server that is not there is a problem of every cell") {
    const DemoPlan plan = small_plan();
    rl::Address gone;
    {
      const FakeServer server(20, 2);
      gone = server.address();
    }
    const rl::SystemClock clock;
    const rl::load::SleepingPacer pacer(clock);
    const PhaseResult result = rl::load::run_phase({.plan = plan,
                                                    .state = HealthState::kNormal,
                                                    .seed = 1,
                                                    .servers = {gone},
                                                    .connections = 1,
                                                    .clock = clock,
                                                    .pacer = pacer},
                                                   {});
    for (const DemoCell& cell : result.cells) {
      CHECK(has_problem(cell, "cannot connect to " + gone.to_string() + " (in 40 of 40 requests)"));
      CHECK(cell.findings.decisions == 0);
    }
    CHECK(result.corrected.count() == 0);
  }
}
