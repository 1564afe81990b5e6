#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rl/base/clock.h"

namespace rl {

/// The fleet's state: which of a rule's numbers is in force.
enum class HealthState : std::uint8_t { kNormal = 0, kDegraded = 1 };
inline constexpr std::size_t kHealthStates = 2;

/// How units inside the window are counted. docs/algorithms.md explains the choice.
enum class Algorithm : std::uint8_t {
  kSlidingWindow,   ///< exact in every window of length W
  kSlidingCounter,  ///< estimate from two adjacent windows
  kTokenBucket,     ///< capacity and steady refill
  kFixedWindow,     ///< aligned windows; up to twice the limit around a boundary
};
inline constexpr std::array kAlgorithms = {Algorithm::kSlidingWindow, Algorithm::kSlidingCounter,
                                           Algorithm::kTokenBucket, Algorithm::kFixedWindow};

/// The longest name of whose units are counted (a key, a user, a tier, …), in bytes.
inline constexpr std::size_t kMaxOwner = 31;

/// What is counted together.
enum class Scope : std::uint8_t { kKey, kUser, kTier, kRoute, kGlobal };

std::string_view to_string(HealthState state);  ///< "NORMAL", "DEGRADED"
std::string_view to_string(Algorithm algorithm);
std::string_view to_string(Scope scope);

/// One limit of the policy. 0 <= degraded <= base <= burst; a limit of 0 blocks.
struct Rule {
  std::string name = {};  ///< unique within its tier, route or the global limits
  std::string id = {};  ///< with the owner, names the bucket; stable over reloads (config/policy.h)
  std::string label =
      {};           ///< as clients see it: "1m", "global:1m", "route:1m"; unique in one request
  Micros window{};  ///< 100 ms to 31 days
  Scope scope = Scope::kKey;
  Algorithm algorithm = Algorithm::kSlidingWindow;
  std::uint32_t base = 0;      ///< the promise
  std::uint32_t burst = 0;     ///< in force while NORMAL
  std::uint32_t degraded = 0;  ///< in force while DEGRADED
  bool enforce = true;         ///< false: counted and reported, never denied

  /// The number in force in that state.
  std::uint32_t effective(HealthState state) const {
    return state == HealthState::kNormal ? burst : degraded;
  }
};

}  // namespace rl
