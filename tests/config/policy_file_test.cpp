#include "rl/config/policy_file.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <string>

#include "rl/base/file.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;

namespace {

constexpr char kFile[] = "tiers.toml";

/// Every key and every kind of table that the format has.
constexpr char kEverything[] = R"(version = 1
default_tier = "free"

[tiers.free]
description = "trial users"
shed_order = 1
[[tiers.free.limits]]
window   = "1m"
base     = 10
burst    = 20
degraded = 2
[[tiers.free.limits]]
name = "per.day"
window = "1d"
base = 0
scope = "user"
algorithm = "fixed_window"
enforce = false

[tiers.staff]
unlimited = true

[anonymous]
tier = "free"

[[global.limits]]
window = "1s"
base   = 5000

[[routes]]
match = "POST /v1/transcribe"
cost  = 5
[[routes.limits]]
window = "1s"
base   = 2
[[routes.limits]]
window = "100ms"
base   = 4000000000
scope  = "route"
algorithm = "token_bucket"

[[routes]]
match = "* /v1/*"
cost  = 0
)";

rl::Policy parsed(std::string_view text) {
  const auto policy = rl::parse_policy(text, kFile);
  for (const auto& fault : policy ? rl::Diagnostics{} : policy.error()) {
    MESSAGE(fault.to_string());
  }
  REQUIRE(policy.has_value());
  return *policy;
}

void check_rule(const rl::Rule& rule, const rl::Rule& expected) {
  CAPTURE(expected.id);
  CHECK(rule.name == expected.name);
  CHECK(rule.label == expected.label);
  CHECK(rule.id == expected.id);
  CHECK(rule.window == expected.window);
  CHECK(rule.scope == expected.scope);
  CHECK(rule.algorithm == expected.algorithm);
  CHECK(rule.base == expected.base);
  CHECK(rule.burst == expected.burst);
  CHECK(rule.degraded == expected.degraded);
  CHECK(rule.enforce == expected.enforce);
}

rl::Rule minute_rule(std::uint32_t base, std::uint32_t burst, std::uint32_t degraded) {
  return {.name = "1m",
          .id = "t/1m",
          .label = "1m",
          .window = 1min,
          .base = base,
          .burst = burst,
          .degraded = degraded};
}

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("the sample tiers file says what its comments promise") {
    const auto loaded = rl::load_policy(rl::test::source_dir() + "/tiers.toml");
    REQUIRE(loaded.has_value());
    const rl::Policy& policy = *loaded;
    CHECK(policy.version == 0);
    CHECK(policy.source == rl::test::source_dir() + "/tiers.toml");
    CHECK(policy.default_tier == "free");
    CHECK(policy.anonymous_tier == "free");
    CHECK(policy.global_rules.empty());
    CHECK(policy.routes.empty());

    struct Expected {
      std::string name;
      std::string description;
      int shed_order;
      rl::Rule rule;
    };
    const Expected table[] = {
        {"free", "trial users", 1, minute_rule(10, 20, 2)},
        {"pro", "paying teams", 2, minute_rule(100, 150, 100)},
        {"enterprise", "service-level agreement", 3, minute_rule(1000, 1500, 1000)},
    };
    REQUIRE(policy.tiers.size() == std::size(table));
    for (std::size_t i = 0; i < policy.tiers.size(); ++i) {
      const rl::Tier& tier = policy.tiers[i];
      CAPTURE(tier.name);
      CHECK(tier.name == table[i].name);
      CHECK(tier.description == table[i].description);
      CHECK(tier.shed_order == table[i].shed_order);
      CHECK_FALSE(tier.unlimited);
      REQUIRE(tier.rules.size() == 1);
      check_rule(tier.rules[0], table[i].rule);
    }
  }

  TEST_CASE("every key of the format reaches the policy") {
    const rl::Policy policy = parsed(kEverything);
    CHECK(policy.anonymous_tier == "free");
    REQUIRE(policy.tiers.size() == 2);
    REQUIRE(policy.tiers[0].rules.size() == 2);
    check_rule(policy.tiers[0].rules[0], minute_rule(10, 20, 2));
    check_rule(policy.tiers[0].rules[1], {.name = "per.day",
                                          .id = "t/per.day@1d#fixed_window",
                                          .label = "per.day",
                                          .window = 24h,
                                          .scope = rl::Scope::kUser,
                                          .algorithm = rl::Algorithm::kFixedWindow,
                                          .enforce = false});
    CHECK(policy.tiers[1].unlimited);
    CHECK(policy.tiers[1].rules.empty());

    REQUIRE(policy.global_rules.size() == 1);
    check_rule(policy.global_rules[0], {.name = "1s",
                                        .id = "g/1s",
                                        .label = "global:1s",
                                        .window = 1s,
                                        .scope = rl::Scope::kGlobal,
                                        .base = 5000,
                                        .burst = 5000,
                                        .degraded = 5000});

    REQUIRE(policy.routes.size() == 2);
    const rl::Route& exact = policy.routes[0];
    CHECK(exact.match == "POST /v1/transcribe");
    CHECK(exact.method == "POST");
    CHECK(exact.path == "/v1/transcribe");
    CHECK_FALSE(exact.below);
    CHECK(exact.cost == 5);
    REQUIRE(exact.rules.size() == 2);
    check_rule(exact.rules[0], {.name = "1s",
                                .id = "r/POST /v1/transcribe/1s",
                                .label = "route:1s",
                                .window = 1s,
                                .base = 2,
                                .burst = 2,
                                .degraded = 2});
    check_rule(exact.rules[1], {.name = "100ms",
                                .id = "r/POST /v1/transcribe/100ms#token_bucket",
                                .label = "route:100ms",
                                .window = 100ms,
                                .scope = rl::Scope::kRoute,
                                .algorithm = rl::Algorithm::kTokenBucket,
                                .base = 4'000'000'000,
                                .burst = 4'000'000'000,
                                .degraded = 4'000'000'000});
    const rl::Route& below = policy.routes[1];
    CHECK(below.method == "*");
    CHECK(below.path == "/v1/");
    CHECK(below.below);
    CHECK(below.cost == 0);
    CHECK(below.rules.empty());
  }

  TEST_CASE("what is not said has its default") {
    const rl::Policy policy = parsed(
        "version = 1\ndefault_tier = \"a\"\n[[tiers.a.limits]]\nwindow = \"90s\"\nbase = 7\n"
        "[[routes]]\nmatch = \"GET /\"\n[[routes.limits]]\nwindow = \"1s\"\nbase = 1\n");
    CHECK_FALSE(policy.anonymous_tier.has_value());
    CHECK(policy.tiers.at(0).description.empty());
    CHECK(policy.tiers.at(0).shed_order == 0);
    CHECK_FALSE(policy.tiers.at(0).on_store_failure.has_value());
    check_rule(policy.tiers.at(0).rules.at(0), {.name = "90s",
                                                .id = "t/90s",
                                                .label = "90s",
                                                .window = 90s,
                                                .base = 7,
                                                .burst = 7,
                                                .degraded = 7});
    CHECK(policy.routes.at(0).cost == 1);
  }

  TEST_CASE("a tier may say what becomes of its requests without the shared store") {
    for (const auto choice :
         {rl::OnStoreFailure::kLocal, rl::OnStoreFailure::kOpen, rl::OnStoreFailure::kClosed}) {
      const rl::Policy policy =
          parsed(fmt::format("version = 1\ndefault_tier = \"a\"\n[tiers.a]\nunlimited = true\n"
                             "on_store_failure = \"{}\"\n",
                             to_string(choice)));
      CHECK(policy.tiers.at(0).on_store_failure == choice);
    }
  }

  TEST_CASE("tiers keep the order of the file and may share a shed order") {
    const rl::Policy policy = parsed(
        "version = 1\ndefault_tier = \"z\"\n[[tiers.z.limits]]\nwindow = \"1s\"\nbase = 1\n"
        "[tiers.m]\nunlimited = true\n[tiers.a]\nunlimited = true\nshed_order = 0\n");
    REQUIRE(policy.tiers.size() == 3);
    CHECK(policy.tiers[0].name == "z");
    CHECK(policy.tiers[1].name == "m");
    CHECK(policy.tiers[2].name == "a");
  }

  TEST_CASE("the largest values that are allowed are accepted") {
    const std::string longest(31, 'n');
    const rl::Policy policy = parsed(
        "version = 1\ndefault_tier = \"" + longest + "\"\n[tiers." + longest +
        "]\nshed_order = 1000\n[[tiers." + longest + ".limits]]\nname = \"" + longest +
        "\"\nwindow = \"31d\"\nbase = 100000\n[[routes]]\nmatch = \"* /*\"\ncost = 1000000\n");
    CHECK(policy.tiers.at(0).rules.at(0).name == longest);
    CHECK(policy.tiers.at(0).rules.at(0).base == 100'000);
    CHECK(policy.routes.at(0).cost == 1'000'000);
  }

  TEST_CASE("a file that cannot be read is one diagnostic without a line") {
    const auto policy = rl::load_policy("/nonexistent/tiers.toml");
    REQUIRE_FALSE(policy.has_value());
    REQUIRE(policy.error().size() == 1);
    CHECK(policy.error()[0].line == 0);
    CHECK(policy.error()[0].to_string() ==
          "/nonexistent/tiers.toml: error: cannot read /nonexistent/tiers.toml: "
          "No such file or directory");
  }

  TEST_CASE("a file is named in its diagnostics as it was given") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/limits.toml";
    REQUIRE(rl::write_file(path, "version = 3", rl::FileMode::kPublic).has_value());
    const auto policy = rl::load_policy(path);
    REQUIRE_FALSE(policy.has_value());
    CHECK(policy.error()[0].file == path);
  }

  TEST_CASE("a diagnostic without a hint is one line") {
    const rl::Diagnostic bare{"tiers.toml", 12, 1, "unknown key \"brust\""};
    CHECK(bare.to_string() == "tiers.toml:12:1: error: unknown key \"brust\"");
    const rl::Diagnostic hinted{"tiers.toml", 12, 1, "unknown key \"brust\"",
                                "did you mean \"burst\"?"};
    CHECK(hinted.to_string() ==
          "tiers.toml:12:1: error: unknown key \"brust\"\n  did you mean \"burst\"?");
  }
}
