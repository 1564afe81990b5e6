#include "rl/load/naive_limiter.h"

#include <algorithm>

namespace rl::load {

std::vector<bool> naive_admissions(std::span<const ExactLimit> limits,
                                   std::span<const Micros> times) {
  std::vector<Micros> stamps;
  const auto fits = [&](const ExactLimit& limit, Micros now) {
    const auto live =
        stamps.end() - std::upper_bound(stamps.begin(), stamps.end(), now - limit.window);
    return live + 1 <= static_cast<std::int64_t>(limit.units);
  };
  std::vector<bool> admitted;
  admitted.reserve(times.size());
  for (const Micros now : times) {
    const bool all = std::all_of(limits.begin(), limits.end(),
                                 [&](const ExactLimit& limit) { return fits(limit, now); });
    if (all) {
      stamps.push_back(now);
    }
    admitted.push_back(all);
  }
  return admitted;
}

}  // namespace rl::load
