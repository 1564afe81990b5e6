#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "rl/config/policy_file.h"

namespace {

/// The contract of the file format, word for word as its documentation gives it.
constexpr char kDocumented[] = R"(version = 1
default_tier = "free"            # of a user created without one

[tiers.free]
description = "trial users"
shed_order = 1                   # lowest is throttled first
[[tiers.free.limits]]
window   = "1m"                  # 100ms … 31d: ms, s, m, h, d
base     = 10                    # the promise
burst    = 20                    # in force while NORMAL   (default: base)
degraded = 2                     # in force while DEGRADED (default: base)

[tiers.pro]
shed_order = 2
[[tiers.pro.limits]]
window = "1m"
base   = 100
burst  = 150

[tiers.enterprise]
shed_order = 3
[[tiers.enterprise.limits]]
window = "1m"
base   = 1000
burst  = 1500

# optional
[anonymous]                      # callers without a key, where a route allows them (/ping)
tier = "free"

[[global.limits]]                # over all callers
window = "1s"
base   = 5000

[[routes]]
match = "POST /v1/transcribe"    # METHOD or *, then a path; a trailing /* matches below it; the longest match wins
cost  = 5                        # units a request takes (default 1)
[[routes.limits]]                # per caller on this route, on top of the tier's
window = "1s"
base   = 2
)";

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("the documented example is accepted and means what it says") {
    const auto policy = rl::parse_policy(kDocumented, "tiers.toml");
    REQUIRE(policy.has_value());
    CHECK(policy->default_tier == "free");
    CHECK(policy->anonymous_tier == "free");

    struct Expected {
      std::string_view tier;
      int shed_order;
      std::uint32_t base;
      std::uint32_t burst;
      std::uint32_t degraded;
    };
    const Expected table[] = {
        {"free", 1, 10, 20, 2}, {"pro", 2, 100, 150, 100}, {"enterprise", 3, 1000, 1500, 1000}};
    CHECK(policy->tiers.size() == std::size(table));
    for (const Expected& expected : table) {
      CAPTURE(expected.tier);
      const rl::Tier* const tier = policy->find_tier(expected.tier);
      REQUIRE(tier != nullptr);
      CHECK(tier->shed_order == expected.shed_order);
      REQUIRE(tier->rules.size() == 1);
      CHECK(tier->rules[0].base == expected.base);
      CHECK(tier->rules[0].effective(rl::HealthState::kNormal) == expected.burst);
      CHECK(tier->rules[0].effective(rl::HealthState::kDegraded) == expected.degraded);
    }
    CHECK(policy->global_rules.at(0).base == 5000);
    const rl::Route* const route = policy->match_route("POST", "/v1/transcribe");
    REQUIRE(route != nullptr);
    CHECK(route->cost == 5);
    CHECK(route->rules.at(0).base == 2);
    CHECK(route->rules.at(0).scope == rl::Scope::kKey);
  }

  TEST_CASE("every documented scope and algorithm is accepted by its name") {
    const auto rule_with = [](const std::string& line) {
      const auto policy = rl::parse_policy(
          "version = 1\ndefault_tier = \"a\"\ntiers.a.unlimited = true\n[[routes]]\n"
          "match = \"GET /\"\n[[routes.limits]]\nwindow = \"1s\"\nbase = 1\n" +
              line,
          "tiers.toml");
      REQUIRE(policy.has_value());
      return policy->routes.at(0).rules.at(0);
    };
    for (const auto scope : {rl::Scope::kKey, rl::Scope::kUser, rl::Scope::kTier, rl::Scope::kRoute,
                             rl::Scope::kGlobal}) {
      CHECK(rule_with("scope = \"" + std::string(to_string(scope)) + "\"").scope == scope);
    }
    const std::pair<rl::Algorithm, std::string_view> algorithms[] = {
        {rl::Algorithm::kSlidingWindow, "r/GET //1s"},
        {rl::Algorithm::kSlidingCounter, "r/GET //1s#sliding_counter"},
        {rl::Algorithm::kTokenBucket, "r/GET //1s#token_bucket"},
        {rl::Algorithm::kFixedWindow, "r/GET //1s#fixed_window"},
    };
    for (const auto& [algorithm, id] : algorithms) {
      const auto rule = rule_with("algorithm = \"" + std::string(to_string(algorithm)) + "\"");
      CHECK(rule.algorithm == algorithm);
      CHECK(rule.id == id);
    }
  }

  TEST_CASE("only the exact window has a bound below that of all numbers") {
    for (const std::string_view algorithm : {"sliding_counter", "token_bucket", "fixed_window"}) {
      CAPTURE(algorithm);
      const auto policy = rl::parse_policy(
          "version = 1\ndefault_tier = \"a\"\n[[tiers.a.limits]]\nwindow = \"1s\"\n"
          "base = 4000000000\nalgorithm = \"" +
              std::string(algorithm) + "\"\n",
          "tiers.toml");
      CHECK(policy.has_value());
    }
  }
}
