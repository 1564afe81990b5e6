#include "rl/config/toml/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "rl/base/duration.h"
#include "rl/config/names.h"

namespace rl {
namespace {

using namespace std::chrono_literals;

constexpr Micros kShortestWindow = 100ms;
constexpr Micros kLongestWindow = 31 * 24h;
constexpr IntegerRange kUnits{0, 4'000'000'000};

/// An exact sliding window keeps a stamp of every unit; beyond this it costs too much memory.
constexpr std::uint32_t kLargestExactLimit = 100'000;

constexpr std::array kScopes = {Scope::kKey, Scope::kUser, Scope::kTier, Scope::kRoute,
                                Scope::kGlobal};

/// Where each name of one list was given first.
using NameLines = std::unordered_map<std::string, std::size_t>;

/// One [[….limits]] table on its way into a Rule.
class RuleReader {
 public:
  RuleReader(const toml::table& table, const RuleHome& home, Faults& faults)
      : table_(table,
               {"name", "window", "base", "burst", "degraded", "scope", "algorithm", "enforce"},
               faults),
        home_(home),
        faults_(faults) {}

  Rule read(NameLines& names);

 private:
  void read_window(Rule& rule);
  void read_scope(Rule& rule);
  void read_units(Rule& rule);
  void read_algorithm(Rule& rule);
  void read_name(Rule& rule, NameLines& names);
  std::string id_of(const Rule& rule) const;

  /// The choice that is named there; nothing when there is no key, or a fault.
  template <class Choices>
  std::optional<typename Choices::value_type> choose(std::string_view key,
                                                     const Choices& choices) const;

  const TableReader table_;
  const RuleHome& home_;
  Faults& faults_;
};

template <class Choices>
std::optional<typename Choices::value_type> RuleReader::choose(std::string_view key,
                                                               const Choices& choices) const {
  const auto name = table_.text(key);
  if (!name) {
    return std::nullopt;
  }
  std::vector<std::string> valid;
  for (const auto choice : choices) {
    valid.emplace_back(to_string(choice));
    if (valid.back() == *name) {
      return choice;
    }
  }
  faults_.add(table_.place_of(key), fmt::format("unknown {} {}", key, quoted(*name)),
              suggest(*name, valid));
  return std::nullopt;
}

void RuleReader::read_window(Rule& rule) {
  table_.require("window");
  const auto text = table_.text("window");
  if (!text) {
    return;
  }
  const auto window = parse_duration(*text);
  if (!window) {
    faults_.add(table_.place_of("window"), fmt::format("{} is not a duration", quoted(*text)),
                window.error().hint);
  } else if (*window < kShortestWindow || *window > kLongestWindow) {
    faults_.add(table_.place_of("window"),
                fmt::format("\"window\" must be {} to {}, not {}", format_duration(kShortestWindow),
                            format_duration(kLongestWindow), quoted(*text)));
  } else {
    rule.window = *window;
  }
}

void RuleReader::read_scope(Rule& rule) {
  rule.scope = home_.scopes.front();
  const auto scope = choose("scope", kScopes);
  if (!scope) {
    return;
  }
  rule.scope = *scope;
  if (std::find(home_.scopes.begin(), home_.scopes.end(), *scope) == home_.scopes.end()) {
    std::vector<std::string_view> valid;
    for (const Scope fitting : home_.scopes) {
      valid.push_back(to_string(fitting));
    }
    faults_.add(table_.place_of("scope"),
                fmt::format("scope \"{}\" makes no sense {}", to_string(*scope), home_.where),
                fmt::format("valid here: {}", fmt::join(valid, ", ")));
  }
}

void RuleReader::read_units(Rule& rule) {
  table_.require("base");
  const auto base = table_.integer("base", kUnits);
  const auto burst = table_.integer("burst", kUnits);
  const auto degraded = table_.integer("degraded", kUnits);
  if (!base) {
    return;
  }
  constexpr char kOrder[] = "it must hold that 0 <= degraded <= base <= burst";
  if (burst && *burst < *base) {
    faults_.add(table_.place_of("burst"),
                fmt::format("burst {} is smaller than base {}", *burst, *base), kOrder);
  }
  if (degraded && *degraded > *base) {
    faults_.add(table_.place_of("degraded"),
                fmt::format("degraded {} is larger than base {}", *degraded, *base), kOrder);
  }
  rule.base = static_cast<std::uint32_t>(*base);
  rule.burst = static_cast<std::uint32_t>(burst.value_or(*base));
  rule.degraded = static_cast<std::uint32_t>(degraded.value_or(*base));
}

void RuleReader::read_algorithm(Rule& rule) {
  const auto algorithm = choose("algorithm", kAlgorithms);
  if (table_.has("algorithm") && !algorithm) {
    return;  // what was meant is unknown, so nothing follows from it
  }
  rule.algorithm = algorithm.value_or(Algorithm::kSlidingWindow);
  const std::uint32_t largest = std::max(rule.base, rule.burst);
  if (rule.algorithm == Algorithm::kSlidingWindow && largest > kLargestExactLimit) {
    faults_.add(table_.place_of(rule.burst > rule.base ? "burst" : "base"),
                fmt::format("an exact sliding_window cannot count up to {}: at most {}", largest,
                            kLargestExactLimit),
                "set algorithm = \"sliding_counter\" or \"token_bucket\"");
  }
  if (rule.algorithm == Algorithm::kTokenBucket && rule.base == 0 && rule.burst > 0) {
    faults_.add(table_.place_of("base"), "a token_bucket with base 0 is never refilled",
                "give it a base of at least 1, or another algorithm");
  }
}

/// The name that is given, or else the window as it is written; so comes after read_window().
void RuleReader::read_name(Rule& rule, NameLines& names) {
  const std::string_view source = table_.has("name") ? "name" : "window";
  const bool window_is_faulty = rule.window == Micros::zero();
  const auto name = source == "window" && window_is_faulty ? std::nullopt : table_.text(source);
  if (!name) {
    return;  // told already
  }
  rule.name = *name;
  const Place place = table_.place_of(source);
  if (!is_rule_name(rule.name)) {
    faults_.add(
        place, fmt::format("{} is not a limit's name", quoted(rule.name)),
        fmt::format("use a-z, 0-9, \"_\", \"-\" and \".\", first a letter or digit, at most "
                    "{} bytes",
                    kMaxOwner));
    return;
  }
  const auto [first, is_new] = names.try_emplace(rule.name, place.line);
  if (!is_new) {
    faults_.add(
        place, fmt::format("a second limit named {}", quoted(rule.name)),
        fmt::format("the first is on line {}; give this one a \"name\" of its own", first->second));
  }
}

std::string RuleReader::id_of(const Rule& rule) const {
  std::string id = home_.id_prefix + rule.name;
  if (const std::string window = format_duration(rule.window); window != rule.name) {
    id += "@" + window;
  }
  if (rule.algorithm != Algorithm::kSlidingWindow) {
    id += fmt::format("#{}", to_string(rule.algorithm));
  }
  return id;
}

Rule RuleReader::read(NameLines& names) {
  Rule rule;
  read_window(rule);
  read_scope(rule);
  read_units(rule);
  read_algorithm(rule);
  rule.enforce = table_.boolean("enforce").value_or(true);
  read_name(rule, names);
  rule.id = id_of(rule);
  rule.label = std::string(home_.label_prefix) + rule.name;
  return rule;
}

}  // namespace

RuleHome rules_of_tier(std::string_view tier) {
  const std::string key = is_tier_name(tier) ? std::string(tier) : quoted(tier);
  return {fmt::format("[[tiers.{}.limits]]", key),
          "in a tier",
          "t/",
          "",
          {Scope::kKey, Scope::kUser, Scope::kTier, Scope::kGlobal}};
}

RuleHome rules_of_all() {
  return {"[[global.limits]]", "in [global]", "g/", "global:", {Scope::kGlobal}};
}

RuleHome rules_of_route(std::string_view match) {
  return {"[[routes.limits]]",
          "on a route",
          fmt::format("r/{}/", match),
          "route:",
          {Scope::kKey, Scope::kUser, Scope::kTier, Scope::kRoute, Scope::kGlobal}};
}

std::vector<Rule> read_rules(const TableReader& owner, const RuleHome& home, Faults& faults) {
  std::vector<Rule> rules;
  NameLines names;
  const auto tables = owner.tables("limits", home.header);
  if (!tables) {
    return rules;
  }
  if (owner.is_empty_array("limits")) {
    faults.add(owner.place_of("limits"), "\"limits\" is empty",
               fmt::format("write each as {}", home.header));
  }
  for (const toml::table& table : *tables) {
    rules.push_back(RuleReader(table, home, faults).read(names));
  }
  return rules;
}

}  // namespace rl
