#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"
#include "rl/config/policy.h"
#include "rl/load/naive_limiter.h"
#include "rl/load/schedule.h"

namespace rl::load {

/// The endpoint that the demo drives.
inline constexpr std::string_view kDemoPath = "/test";

/// One tier of the demo: each phase sends its requests with one fresh key.
struct DemoTier {
  std::string name;
  std::uint64_t requests = 0;  ///< in each phase
  /// The limits in force, by health state. None: everything is let in.
  std::array<std::vector<ExactLimit>, kHealthStates> limits = {};

  const std::vector<ExactLimit>& limits_in(HealthState state) const {
    return limits[static_cast<std::size_t>(state)];
  }
};

/// What each phase of the demo sends: all tiers at once, each spread evenly over the phase.
struct DemoPlan {
  std::vector<DemoTier> tiers;
  std::vector<std::size_t> order;  ///< order[k] is the tier of request k
  Schedule schedule;               ///< as many requests as `order` has
  Micros shortest_window = Micros::max();

  /// How many requests of that tier must be let in when none of its units is freed before the phase
  /// ends: a naive simulation over the intended times.
  std::uint64_t expected(std::size_t tier, HealthState state) const;
};

/// How many requests a tier sends: enough above its smallest limit that some are denied.
std::uint64_t demo_requests(std::uint32_t smallest_burst);

/// The key that `rlserver --dev` takes as one of that tier, counted on its own for each suffix.
std::string demo_key(std::string_view tier, std::string_view suffix);

/// Plans the demo of a policy. Fails when the policy has rules on the way of the demo's requests
/// whose outcome is not exact from outside (other scopes or algorithms), or when the rate is so low
/// that units would be freed within a phase.
Result<DemoPlan> plan_demo(const Policy& policy, Rate rate);

}  // namespace rl::load
