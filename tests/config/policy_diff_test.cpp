#include "rl/config/policy_diff.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "rl/config/policy_file.h"

namespace {

constexpr char kBefore[] = R"(
version = 1
default_tier = "free"
[tiers.free]
description = "trial users"
[[tiers.free.limits]]
window = "1m"
base = 10
burst = 20
degraded = 2
[tiers.pro]
unlimited = true
[[routes]]
match = "POST /v1/run"
cost = 5
)";

/// Each change as a line: kind, where, member, before, after.
std::vector<std::string> changes(const std::string& before, const std::string& after) {
  const auto parse = [](const std::string& text) {
    return rl::parse_policy(text, "test.toml").value();
  };
  std::vector<std::string> lines;
  for (const rl::PolicyChange& change : rl::differences(parse(before), parse(after))) {
    lines.push_back(fmt::format("{} {}|{}|{}|{}", to_string(change.kind), change.where,
                                change.member, change.before, change.after));
  }
  return lines;
}

std::string with(const std::string& found, const std::string& instead) {
  std::string text = kBefore;
  const std::size_t at = text.find(found);
  REQUIRE(at != std::string::npos);
  return text.replace(at, found.size(), instead);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("equal policies do not differ and neither do comments and order") {
    CHECK(changes(kBefore, kBefore) == Lines{});
    CHECK(changes(kBefore, with("base = 10", "base = 10 # the promise")) == Lines{});
    const std::string swapped = R"(
      version = 1
      default_tier = "free"
      routes = [{ match = "POST /v1/run", cost = 5 }]
      tiers.pro.unlimited = true
      tiers.free.limits = [{ degraded = 2, burst = 20, base = 10, window = "1m" }]
      tiers.free.description = "trial users"
    )";
    CHECK(changes(kBefore, swapped) == Lines{});
  }

  TEST_CASE("every member that moves is told with what it was and is") {
    struct Row {
      std::string found;
      std::string instead;
      Lines expected;
    };
    const Row rows[] = {
        {"default_tier = \"free\"",
         "default_tier = \"pro\"",
         {"changed |default_tier|\"free\"|\"pro\""}},
        {"[tiers.pro]",
         "[anonymous]\ntier = \"free\"\n[tiers.pro]",
         {"changed anonymous|tier||\"free\""}},
        {"\"trial users\"",
         "\"a\\u001bb\"",
         {"changed tiers.free|description|\"trial users\"|\"a\\x1bb\""}},
        {"[tiers.pro]", "[tiers.pro]\nshed_order = 3", {"changed tiers.pro|shed_order|0|3"}},
        {"[tiers.pro]",
         "[tiers.pro]\non_store_failure = \"closed\"",
         {"changed tiers.pro|on_store_failure||\"closed\""}},
        {"base = 10", "base = 11", {"changed tiers.free.limits.1m|base|10|11"}},
        {"burst = 20", "burst = 30", {"changed tiers.free.limits.1m|burst|20|30"}},
        {"degraded = 2", "degraded = 0", {"changed tiers.free.limits.1m|degraded|2|0"}},
        {"base = 10",
         "base = 10\nscope = \"user\"",
         {"changed tiers.free.limits.1m|scope|\"key\"|\"user\""}},
        {"base = 10",
         "base = 10\nalgorithm = \"token_bucket\"",
         {"changed tiers.free.limits.1m|algorithm|\"sliding_window\"|\"token_bucket\""}},
        {"base = 10",
         "base = 10\nenforce = false",
         {"changed tiers.free.limits.1m|enforce|true|false"}},
        {"window = \"1m\"",
         "window = \"1h\"\nname = \"1m\"",
         {"changed tiers.free.limits.1m|window|\"1m\"|\"1h\""}},
        {"cost = 5", "cost = 6", {"changed routes.\"POST /v1/run\"|cost|5|6"}},
        {"unlimited = true",
         "limits = [{ window = \"1s\", base = 3 }]",
         {"changed tiers.pro|unlimited|true|false",
          "added tiers.pro.limits.1s|||base 3, burst 3, degraded 3 in 1s"}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.instead);
      CHECK(changes(kBefore, with(row.found, row.instead)) == row.expected);
    }
  }

  TEST_CASE("what comes and goes as a whole is told with its limits") {
    const std::string more = std::string(kBefore) +
                             "[[routes.limits]]\nwindow = \"1s\"\nbase = 2\n"
                             "[tiers.gold]\nunlimited = true\n"
                             "[tiers.new]\nlimits = [{ window = \"1h\", base = 7 }]\n"
                             "[[global.limits]]\nwindow = \"1s\"\nbase = 5000\n";
    CHECK(changes(kBefore, more) ==
          Lines{"added global.limits.1s|||base 5000, burst 5000, degraded 5000 in 1s",
                "added tiers.gold|||unlimited", "added tiers.new|||",
                "added tiers.new.limits.1h|||base 7, burst 7, degraded 7 in 1h",
                "added routes.\"POST /v1/run\".limits.1s|||base 2, burst 2, degraded 2 in 1s"});
    CHECK(changes(more, kBefore) ==
          Lines{"removed global.limits.1s||base 5000, burst 5000, degraded 5000 in 1s|",
                "removed tiers.gold||unlimited|", "removed tiers.new|||",
                "removed routes.\"POST /v1/run\".limits.1s||base 2, burst 2, degraded 2 in 1s|"});
    CHECK(changes(kBefore, with("[[routes]]\nmatch = \"POST /v1/run\"\ncost = 5\n", "")) ==
          Lines{"removed routes.\"POST /v1/run\"||cost 5|"});
  }
}
