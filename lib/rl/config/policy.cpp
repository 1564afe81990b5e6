#include "rl/config/policy.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "rl/config/route_path.h"

namespace rl {
namespace {

/// How well the route's method fits: 0 not at all, the more the better.
int method_rank(std::string_view wanted, std::string_view method) {
  if (wanted == method) {
    return 3;
  }
  if (wanted == "GET" && method == "HEAD") {
    return 2;
  }
  return wanted == "*" ? 1 : 0;
}

bool path_matches(const Route& route, std::string_view path) {
  return route.below ? path.starts_with(route.path) : path == route.path;
}

}  // namespace

const Tier* Policy::find_tier(std::string_view name) const {
  const auto found =
      std::find_if(tiers.begin(), tiers.end(), [&](const Tier& tier) { return tier.name == name; });
  return found == tiers.end() ? nullptr : &*found;
}

const Route* Policy::match_route(std::string_view method, std::string_view path) const {
  std::string respelled;
  if (!routes.empty() && !is_canonical(path)) {
    respelled = canonical_path(path);
    path = respelled;
  }
  const Route* best = nullptr;
  std::tuple<std::size_t, bool, int> best_rank;  // length, exact, method
  for (const Route& route : routes) {
    const std::tuple rank{route.path.size(), !route.below, method_rank(route.method, method)};
    if (std::get<int>(rank) > 0 && rank > best_rank && path_matches(route, path)) {
      best = &route;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace rl
