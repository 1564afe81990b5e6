#include "rl/store/redis/refusal.h"

#include <array>
#include <utility>

namespace rl::redis {

Refusal refusal_of(std::string_view why) {
  using enum Refusal;
  constexpr std::array<std::pair<std::string_view, Refusal>, 12> kCodes = {{
      {"NOSCRIPT", kNoScript},
      {"LOADING", kNotNow},
      {"BUSY", kNotNow},
      {"TRYAGAIN", kNotNow},
      {"CLUSTERDOWN", kNotNow},
      {"OOM", kNotNow},
      {"NOREPLICAS", kNotNow},
      {"MISCONF", kNotNow},
      {"READONLY", kNotHere},
      {"MASTERDOWN", kNotHere},
      {"MOVED", kNotHere},
      {"ASK", kNotHere},
  }};
  // A command inside the script ran into it: what the script did before may have counted.
  if (why.find(" script: ") != std::string_view::npos) {
    return kFailed;
  }
  const std::string_view code = why.substr(0, why.find(' '));
  for (const auto& [name, refusal] : kCodes) {
    if (code == name) {
      return refusal;
    }
  }
  return kFailed;
}

}  // namespace rl::redis
