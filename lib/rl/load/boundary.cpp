#include "rl/load/boundary.h"

#include <algorithm>

#include "rl/limit/bucket_state.h"

namespace rl::load {
namespace {

/// The most requests that a burst, or a window of steady asking, is made of. A larger limit is
/// asked for in requests of several units.
constexpr std::uint64_t kMostRequests = 120;

/// So many units in every `period`, evenly, from `from` until before `to`.
struct Stream {
  Micros from{};
  Micros to{};
  Micros period{};
  std::uint64_t units = 0;
};

void append(const Stream& stream, std::vector<BoundaryRequest>& requests) {
  const std::uint64_t count = std::min(stream.units, kMostRequests);
  for (std::uint64_t i = 0;; ++i) {
    const Micros at = stream.from + stream.period * i / count;
    if (at >= stream.to) {
      return;
    }
    // The difference of two rounded sums: the requests of a period add up to its units.
    const std::uint64_t units = (i + 1) * stream.units / count - i * stream.units / count;
    requests.push_back({.at = at, .units = static_cast<std::uint32_t>(units)});
  }
}

std::uint64_t count_window(const std::vector<BoundaryRequest>& requests, Micros window,
                           Micros end) {
  std::uint64_t units = 0;
  for (const BoundaryRequest& request : requests) {
    if (request.allowed && request.at > end - window && request.at <= end) {
      units += request.units;
    }
  }
  return units;
}

/// When the count of the window that ends there changes.
std::vector<Micros> changes(const std::vector<BoundaryRequest>& requests, Micros window) {
  std::vector<Micros> times;
  for (const BoundaryRequest& request : requests) {
    if (request.allowed) {
      times.push_back(request.at);
      if (request.at + window < window * kBoundaryWindows) {
        times.push_back(request.at + window);
      }
    }
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

template <class Counts>
std::uint64_t sum_units(const std::vector<BoundaryRequest>& requests, Counts counts) {
  std::uint64_t units = 0;
  for (const BoundaryRequest& request : requests) {
    units += counts(request) ? request.units : 0;
  }
  return units;
}

}  // namespace

std::uint64_t BoundaryCase::allowed_units() const {
  return sum_units(requests, [](const BoundaryRequest& request) { return request.allowed; });
}

std::uint64_t BoundaryCase::denied_units() const {
  return sum_units(requests, [](const BoundaryRequest& request) { return !request.allowed; });
}

std::uint64_t BoundaryCase::allowed_in_bursts() const {
  const Micros end = limit.window + limit.window / kBurstsInWindow;
  return sum_units(requests, [end](const BoundaryRequest& request) {
    return request.allowed && request.at < end;
  });
}

WindowCount BoundaryCase::largest() const {
  const auto found = std::max_element(
      counts.begin(), counts.end(),
      [](const WindowCount& a, const WindowCount& b) { return a.units < b.units; });
  return found == counts.end() ? WindowCount{} : *found;
}

std::uint64_t BoundaryCase::excess() const {
  const std::uint64_t most = largest().units;
  return most - std::min<std::uint64_t>(most, limit.units);
}

std::uint64_t burst_units(const Limit& limit) {
  return std::max(1U, limit.units);
}

std::uint64_t steady_units(const Limit& limit) {
  const std::uint64_t units = burst_units(limit);
  return units + (units + 4) / 5;
}

std::vector<BoundaryRequest> boundary_traffic(const Limit& limit) {
  const Micros window = limit.window;
  const Micros burst = window / kBurstsInWindow;
  const std::uint64_t units = burst_units(limit);
  std::vector<BoundaryRequest> requests;
  append({.from = window - burst, .to = window, .period = burst, .units = units}, requests);
  append({.from = window, .to = window + burst, .period = burst, .units = units}, requests);
  append({.from = window + burst,
          .to = window * kBoundaryWindows,
          .period = window,
          .units = steady_units(limit)},
         requests);
  return requests;
}

BoundaryCase play_boundary(const Limit& limit) {
  BoundaryCase played{.limit = limit, .requests = boundary_traffic(limit), .counts = {}};
  BucketState bucket(limit.algorithm);
  for (BoundaryRequest& request : played.requests) {
    const Instant now{request.at};  // the epoch is where windows of the clock begin
    request.allowed = bucket.wait(limit, request.units, now) == Micros::zero();
    if (request.allowed) {
      bucket.record(limit, request.units, now);
    }
  }
  for (const Micros time : changes(played.requests, limit.window)) {
    played.counts.push_back(
        {.end = time, .units = count_window(played.requests, limit.window, time)});
  }
  return played;
}

std::uint64_t most_in_window(const Limit& limit) {
  const std::uint64_t units = limit.units;
  if (units == 0) {
    return 0;
  }
  switch (limit.algorithm) {
    case Algorithm::kSlidingWindow:
      return units;
    case Algorithm::kSlidingCounter:
      return 2 * units - 1;
    case Algorithm::kTokenBucket:
      return units + std::max(1U, std::min(limit.base, limit.units)) - 1;
    case Algorithm::kFixedWindow:
      return 2 * units;
  }
  return 0;
}

}  // namespace rl::load
