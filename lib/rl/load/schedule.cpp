#include "rl/load/schedule.h"

#include <algorithm>
#include <utility>

namespace rl::load {

Schedule Schedule::for_duration(Rate rate, Micros duration) {
  // The small addend keeps 10 s at 0.1/s one request, although 0.1 has no exact double.
  const double fitting = std::chrono::duration<double>(duration).count() * rate.per_second + 1e-9;
  return {rate, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(fitting))};
}

Micros Schedule::at(std::uint64_t index) const {
  const std::chrono::duration<double> offset(static_cast<double>(index) / rate_.per_second);
  return std::chrono::round<Micros>(offset);
}

std::vector<std::size_t> interleave(std::span<const std::uint64_t> counts) {
  // Request j of n belongs into the middle of the j-th of n equal parts of the whole.
  std::vector<std::pair<double, std::size_t>> places;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    for (std::uint64_t j = 0; j < counts[c]; ++j) {
      places.emplace_back((static_cast<double>(j) + 0.5) / static_cast<double>(counts[c]), c);
    }
  }
  std::sort(places.begin(), places.end());
  std::vector<std::size_t> order;
  order.reserve(places.size());
  for (const auto& [place, traffic_class] : places) {
    order.push_back(traffic_class);
  }
  return order;
}

}  // namespace rl::load
