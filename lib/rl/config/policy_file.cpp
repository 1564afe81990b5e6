#include "rl/config/policy_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "rl/base/file.h"
#include "rl/config/names.h"
#include "rl/config/toml/document.h"
#include "rl/config/toml/routes.h"
#include "rl/config/toml/rules.h"
#include "rl/config/toml/table_reader.h"
#include "rl/config/toml/tiers.h"

namespace rl {
namespace {

constexpr std::int64_t kVersion = 1;  ///< of the format

void check_version(const TableReader& document, Faults& faults) {
  document.require("version", fmt::format("add version = {}", kVersion));
  const auto version = document.integer("version");
  if (version && *version != kVersion) {
    faults.add(document.place_of("version"), fmt::format("version {} is unknown", *version),
               fmt::format("this program reads version {}", kVersion));
  }
}

std::vector<Rule> read_global_rules(const TableReader& document, Faults& faults) {
  const toml::table* const source = document.table("global", "[global]");
  if (source == nullptr) {
    return {};
  }
  const TableReader global(*source, {"limits"}, faults);
  global.require("limits", "write each as [[global.limits]]");
  auto rules = read_rules(global, rules_of_all(), faults);
  if (rules.size() > kMaxRulesPerRequest) {
    faults.add(global.place_of("limits"),
               fmt::format("[global] puts a request under {} limits: at most {}", rules.size(),
                           kMaxRulesPerRequest));
  }
  return rules;
}

/// The name of a tier that is there. Without any tier there is nothing to compare it with, and that
/// has been told.
std::optional<std::string> read_tier_name(const TableReader& table, std::string_view key,
                                          const Policy& policy, Faults& faults) {
  auto name = table.text(key);
  if (name && !policy.tiers.empty() && policy.find_tier(*name) == nullptr) {
    std::vector<std::string> valid;
    for (const Tier& tier : policy.tiers) {
      if (is_tier_name(tier.name)) {
        valid.push_back(tier.name);
      }
    }
    faults.add(table.place_of(key), fmt::format("unknown tier {}", quoted(*name)),
               suggest(*name, valid));
  }
  return name;
}

/// Of the rules that every request is under and those of a tier, leaving out what is told as too
/// many by itself.
std::size_t most_rules_without_route(const Policy& policy) {
  const std::size_t global = policy.global_rules.size();
  std::size_t most = global <= kMaxRulesPerRequest ? global : 0;
  for (const Tier& tier : policy.tiers) {
    const std::size_t rules = global + tier.rules.size();
    most = rules <= kMaxRulesPerRequest ? std::max(most, rules) : most;
  }
  return most;
}

Policy read_policy(const toml::table& source, Faults& faults) {
  const TableReader document(
      source, {"version", "default_tier", "tiers", "anonymous", "global", "routes"}, faults);
  Policy policy;
  check_version(document, faults);
  document.require("default_tier", "it names the tier of a user created without one");
  policy.global_rules = read_global_rules(document, faults);

  document.require("tiers", "add one: [tiers.free]");
  if (const auto* const tiers = document.table("tiers", "[tiers.free]"); tiers != nullptr) {
    policy.tiers = read_tiers(*tiers, policy.global_rules.size(), faults);
  }
  policy.routes = read_routes(document, most_rules_without_route(policy), faults);

  policy.default_tier = read_tier_name(document, "default_tier", policy, faults).value_or("");

  if (const auto* const anonymous = document.table("anonymous", "[anonymous]");
      anonymous != nullptr) {
    const TableReader table(*anonymous, {"tier"}, faults);
    table.require("tier", "it names the tier of callers without a key");
    policy.anonymous_tier = read_tier_name(table, "tier", policy, faults);
  }
  return policy;
}

}  // namespace

Result<Policy, Diagnostics> parse_policy(std::string_view text, std::string_view file) {
  Faults faults(file);
  Policy policy;
  if (const auto document = parse_document(text, faults)) {
    policy = read_policy(*document, faults);
  }
  if (!faults.empty()) {
    return fail_with(std::move(faults).take());
  }
  policy.source = file;
  policy.text = text;
  return policy;
}

Result<Policy, Diagnostics> load_policy(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    Faults faults(path);
    faults.add({}, text.error().message, text.error().hint);
    return fail_with(std::move(faults).take());
  }
  return parse_policy(*text, path);
}

}  // namespace rl
