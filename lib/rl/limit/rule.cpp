#include "rl/limit/rule.h"

namespace rl {

std::string_view to_string(HealthState state) {
  return state == HealthState::kNormal ? "NORMAL" : "DEGRADED";
}

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kSlidingWindow:
      return "sliding_window";
    case Algorithm::kSlidingCounter:
      return "sliding_counter";
    case Algorithm::kTokenBucket:
      return "token_bucket";
    case Algorithm::kFixedWindow:
      return "fixed_window";
  }
  return "unknown";
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::kKey:
      return "key";
    case Scope::kUser:
      return "user";
    case Scope::kTier:
      return "tier";
    case Scope::kRoute:
      return "route";
    case Scope::kGlobal:
      return "global";
  }
  return "unknown";
}

}  // namespace rl
