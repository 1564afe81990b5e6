#include "rl/config/toml/tiers.h"

#include <fmt/core.h>

#include "rl/config/names.h"
#include "rl/config/toml/rules.h"

namespace rl {
namespace {

constexpr std::size_t kMaxTiers = 1000;
constexpr IntegerRange kShedOrders{0, 1000};

void read_limits(const TableReader& table, Tier& tier, Faults& faults) {
  const RuleHome home = rules_of_tier(tier.name);
  tier.unlimited = table.boolean("unlimited").value_or(false);
  if (table.has("limits")) {
    tier.rules = read_rules(table, home, faults);
  } else if (!tier.unlimited) {
    faults.add(table.place(), fmt::format("tier {} has no limits", quoted(tier.name)),
               fmt::format("add {} or unlimited = true", home.header));
  }
  if (table.has("limits") && tier.unlimited) {
    faults.add(table.place_of("unlimited"),
               fmt::format("tier {} is unlimited and has limits", quoted(tier.name)),
               "keep one of the two");
  }
}

void read_on_store_failure(const TableReader& table, Tier& tier, Faults& faults) {
  constexpr char kKey[] = "on_store_failure";
  const auto word = table.text(kKey);
  if (!word) {
    return;
  }
  tier.on_store_failure = parse_on_store_failure(*word);
  if (!tier.on_store_failure) {
    faults.add(table.place_of(kKey), fmt::format("{} is no way without a store", quoted(*word)),
               "use \"local\", \"open\" or \"closed\"");
  }
}

void check_rule_count(const Tier& tier, std::size_t global_rules, Place place, Faults& faults) {
  const std::size_t rules = global_rules + tier.rules.size();
  if (!tier.rules.empty() && rules > kMaxRulesPerRequest && global_rules <= kMaxRulesPerRequest) {
    faults.add(place,
               fmt::format("tier {} puts a request under {} limits: at most {}", quoted(tier.name),
                           rules, kMaxRulesPerRequest),
               fmt::format("{} of the tier and {} of [global]", tier.rules.size(), global_rules));
  }
}

Tier read_tier(const Entry& entry, std::size_t global_rules, Faults& faults) {
  Tier tier;
  tier.name = entry.key;
  if (!is_tier_name(tier.name)) {
    faults.add(
        entry.key_place, fmt::format("{} is not a tier's name", quoted(tier.name)),
        fmt::format("use a-z, 0-9, \"_\" and \"-\", first a letter or digit, at most {} bytes",
                    kMaxOwner));
  }
  const toml::table* const source = table_of(entry, faults);
  if (source == nullptr) {
    return tier;
  }
  const TableReader table(
      *source, {"description", "shed_order", "limits", "unlimited", "on_store_failure"}, faults);
  tier.description = table.text("description").value_or("");
  tier.shed_order = static_cast<int>(table.integer("shed_order", kShedOrders).value_or(0));
  read_on_store_failure(table, tier, faults);
  read_limits(table, tier, faults);
  check_rule_count(tier, global_rules, table.place(), faults);
  return tier;
}

}  // namespace

std::vector<Tier> read_tiers(const toml::table& tiers, std::size_t global_rules, Faults& faults) {
  std::vector<Tier> read;
  for (const Entry& entry : TableReader(tiers, faults).entries()) {
    read.push_back(read_tier(entry, global_rules, faults));
    if (read.size() == kMaxTiers + 1) {
      faults.add(entry.key_place, fmt::format("more than {} tiers", kMaxTiers));
    }
  }
  if (read.empty()) {
    faults.add(TableReader(tiers, faults).place(), "there is no tier", "add one: [tiers.free]");
  }
  return read;
}

}  // namespace rl
