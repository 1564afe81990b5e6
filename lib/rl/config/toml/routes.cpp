#include "rl/config/toml/routes.h"

#include <fmt/core.h>

#include <string>
#include <unordered_map>
#include <utility>

#include "rl/config/names.h"
#include "rl/config/route_match.h"
#include "rl/config/toml/rules.h"

namespace rl {
namespace {

constexpr std::size_t kMaxRoutes = 10'000;
constexpr IntegerRange kCosts{0, 1'000'000};

/// Where each match was given first.
using MatchLines = std::unordered_map<std::string, std::size_t>;

void read_match(const TableReader& table, Route& route, MatchLines& matches, Faults& faults) {
  table.require("match", "write it like match = \"POST /v1/transcribe\"");
  const auto text = table.text("match");
  if (!text) {
    return;
  }
  const Place place = table.place_of("match");
  auto match = parse_route_match(*text);
  if (!match) {
    faults.add(place, match.error().message, match.error().hint);
    return;
  }
  route.match = *text;
  route.method = std::move(match->method);
  route.path = std::move(match->path);
  route.below = match->below;
  const std::string meaning =
      fmt::format("{} {}{}", route.method, route.path, route.below ? "*" : "");
  const auto [first, is_new] = matches.try_emplace(meaning, place.line);
  if (!is_new) {
    faults.add(place, fmt::format("a second route {}", quoted(*text)),
               fmt::format("the first is on line {}", first->second));
  }
}

void check_rule_count(const Route& route, std::size_t other_rules, Place place, Faults& faults) {
  const std::size_t rules = other_rules + route.rules.size();
  if (!route.rules.empty() && rules > kMaxRulesPerRequest) {
    faults.add(place,
               fmt::format("this route puts a request under {} limits: at most {}", rules,
                           kMaxRulesPerRequest),
               fmt::format("{} of the route and {} of [global] and the largest tier",
                           route.rules.size(), other_rules));
  }
}

Route read_route(const toml::table& source, std::size_t other_rules, MatchLines& matches,
                 Faults& faults) {
  const TableReader table(source, {"match", "cost", "limits"}, faults);
  Route route;
  read_match(table, route, matches, faults);
  route.cost = static_cast<std::uint32_t>(table.integer("cost", kCosts).value_or(1));
  if (table.has("limits")) {
    route.rules = read_rules(table, rules_of_route(route.match), faults);
  } else if (!table.has("cost")) {
    faults.add(table.place(), "this route has neither a cost nor limits",
               "add cost = 5 or [[routes.limits]]");
  }
  check_rule_count(route, other_rules, table.place(), faults);
  return route;
}

}  // namespace

std::vector<Route> read_routes(const TableReader& document, std::size_t other_rules,
                               Faults& faults) {
  std::vector<Route> routes;
  const auto tables = document.tables("routes", "[[routes]]");
  if (!tables) {
    return routes;
  }
  MatchLines matches;
  for (const toml::table& table : *tables) {
    routes.push_back(read_route(table, other_rules, matches, faults));
    if (routes.size() == kMaxRoutes + 1) {
      faults.add(TableReader(table, faults).place(),
                 fmt::format("more than {} routes", kMaxRoutes));
    }
  }
  return routes;
}

}  // namespace rl
