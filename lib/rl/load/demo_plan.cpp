#include "rl/load/demo_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "rl/base/duration.h"

namespace rl::load {
namespace {

constexpr std::array kStates = {HealthState::kNormal, HealthState::kDegraded};

Failure<Error> not_exact(const Rule& rule, std::string_view why) {
  return fail(fmt::format("the demo checks only exact limits per key, and {} {}", rule.id, why),
              "use a tiers file whose limits have scope \"key\" and algorithm \"sliding_window\"");
}

Result<DemoTier> plan_tier(const Tier& tier) {
  DemoTier planned{.name = tier.name};
  std::optional<std::uint32_t> smallest_burst;
  for (const Rule& rule : tier.rules) {
    if (!rule.enforce) {
      continue;  // never denies: nothing to be seen from outside
    }
    if (rule.scope != Scope::kKey) {
      return not_exact(rule, fmt::format("has scope \"{}\"", to_string(rule.scope)));
    }
    if (rule.algorithm != Algorithm::kSlidingWindow) {
      return not_exact(rule, fmt::format("has algorithm \"{}\"", to_string(rule.algorithm)));
    }
    smallest_burst = std::min(smallest_burst.value_or(rule.burst), rule.burst);
    for (const HealthState state : kStates) {
      planned.limits[static_cast<std::size_t>(state)].push_back(
          {.window = rule.window, .units = rule.effective(state)});
    }
  }
  planned.requests = demo_requests(smallest_burst.value_or(0));
  return planned;
}

/// Rules outside the tiers that would count the demo's requests as well.
Result<void> check_other_rules(const Policy& policy) {
  for (const Rule& rule : policy.global_rules) {
    if (rule.enforce) {
      return not_exact(rule, "is global");
    }
  }
  const Route* route = policy.match_route("GET", kDemoPath);
  if (route == nullptr) {
    return {};
  }
  for (const Rule& rule : route->rules) {
    if (rule.enforce) {
      return not_exact(rule, fmt::format("is of the route \"{}\"", route->match));
    }
  }
  if (route->cost != 1) {
    return fail(
        fmt::format("the demo's requests cost one unit, and on the route \"{}\" they cost {}",
                    route->match, route->cost),
        fmt::format("use a tiers file without a cost on GET {}", kDemoPath));
  }
  return {};
}

Result<void> check_length(const DemoPlan& plan) {
  if (plan.schedule.length() < plan.shortest_window) {
    return {};
  }
  // Leaves a tenth of the window to the last replies.
  const double enough = static_cast<double>(plan.schedule.size()) /
                        (0.9 * std::chrono::duration<double>(plan.shortest_window).count());
  return fail(
      fmt::format("at {} a phase of {} requests takes {:.1f} s, longer than the window {}: units "
                  "would be freed in between",
                  plan.schedule.rate().to_string(), plan.schedule.size(),
                  std::chrono::duration<double>(plan.schedule.length()).count(),
                  format_duration(plan.shortest_window)),
      fmt::format("use --rate {:.0f}/s or more", std::ceil(enough)));
}

}  // namespace

std::uint64_t DemoPlan::expected(std::size_t tier, HealthState state) const {
  std::vector<Micros> times;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (order[k] == tier) {
      times.push_back(schedule.at(k));
    }
  }
  const std::vector<bool> admitted = naive_admissions(tiers[tier].limits_in(state), times);
  return static_cast<std::uint64_t>(std::count(admitted.begin(), admitted.end(), true));
}

std::uint64_t demo_requests(std::uint32_t smallest_burst) {
  const std::uint64_t burst = smallest_burst;
  if (burst <= 50) {
    return burst + std::max<std::uint64_t>(burst, 20);
  }
  return burst + (burst <= 500 ? 50 : 100);
}

std::string demo_key(std::string_view tier, std::string_view suffix) {
  return fmt::format("rlk_demo_{}.{}", tier, suffix);
}

Result<DemoPlan> plan_demo(const Policy& policy, Rate rate) {
  if (const Result<void> others = check_other_rules(policy); !others) {
    return fail_with(others.error());
  }
  DemoPlan plan{.tiers = {}, .order = {}, .schedule = Schedule(rate, 0)};
  std::vector<std::uint64_t> counts;
  for (const Tier& tier : policy.tiers) {
    const Result<DemoTier> planned = plan_tier(tier);
    if (!planned) {
      return fail_with(planned.error());
    }
    for (const ExactLimit& limit : planned->limits_in(HealthState::kNormal)) {
      plan.shortest_window = std::min(plan.shortest_window, limit.window);
    }
    counts.push_back(planned->requests);
    plan.tiers.push_back(*planned);
  }
  plan.order = interleave(counts);
  plan.schedule = Schedule(rate, plan.order.size());
  if (const Result<void> length = check_length(plan); !length) {
    return fail_with(length.error());
  }
  return plan;
}

}  // namespace rl::load
