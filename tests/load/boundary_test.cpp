#include "rl/load/boundary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "rl/base/random.h"
#include "rl/limit/bucket_state.h"

using namespace std::chrono_literals;
using rl::Algorithm;
using rl::Limit;
using rl::Micros;
using rl::load::BoundaryCase;
using rl::load::BoundaryRequest;
using rl::load::most_in_window;
using rl::load::play_boundary;

namespace {

struct Numbers {
  std::uint32_t units = 100;
  std::uint32_t base = 100;
};

Limit limit_of(Algorithm algorithm, Numbers numbers = {}, Micros window = 60s) {
  return {.algorithm = algorithm,
          .window = window,
          .units = numbers.units,
          .base = numbers.base,
          .degraded = numbers.base};
}

std::uint64_t asked_units(const std::vector<BoundaryRequest>& requests, Micros from, Micros to) {
  std::uint64_t units = 0;
  for (const BoundaryRequest& request : requests) {
    units += request.at >= from && request.at < to ? request.units : 0;
  }
  return units;
}

/// The largest count of any window in a random run: requests at random times, many of them just
/// around the boundaries of the clock.
std::uint64_t largest_of_random_run(const Limit& limit, rl::Random& random) {
  rl::BucketState bucket(limit.algorithm);
  std::vector<BoundaryRequest> admitted;
  std::uint64_t largest = 0;
  Micros now{};
  for (int i = 0; i < 300; ++i) {
    const bool to_boundary = random.below(8) == 0;
    const Micros pause{static_cast<std::int64_t>(random.below(20'000))};
    now = to_boundary ? now + limit.window - now % limit.window - 1us : now + pause;
    const auto cost = static_cast<std::uint32_t>(1 + random.below(limit.units));
    if (bucket.wait(limit, cost, rl::Instant{now}) != 0us) {
      continue;
    }
    bucket.record(limit, cost, rl::Instant{now});
    admitted.push_back({.at = now, .units = cost, .allowed = true});
    largest = std::max(largest, asked_units(admitted, now - limit.window + 1us, now + 1us));
  }
  return largest;
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("the boundary case by algorithm") {
    struct Row {
      Algorithm algorithm;
      std::uint64_t allowed;
      std::uint64_t bursts;
      std::uint64_t largest;
      Micros at;
      std::uint64_t excess;
    };
    // Of 434 units asked for. A burst takes 3 s, then a unit is asked for every 500 ms.
    const Row table[] = {
        // From 117 s, when the burst leaves, 100 units in 50 s; from 177 s, when they leave, 6.
        {Algorithm::kSlidingWindow, 206, 100, 100, 60s - 30ms, 0},
        // Until 117 s: 100 of the burst, and 56.5/60 of 100.
        {Algorithm::kSlidingCounter, 298, 104, 194, 116'500ms, 94},
        // 100, and what 59.5 s bring in.
        {Algorithm::kTokenBucket, 304, 109, 199, 116'500ms, 99},
        {Algorithm::kFixedWindow, 300, 200, 200, 63s - 30ms, 100},
    };
    for (const Row& row : table) {
      CAPTURE(rl::to_string(row.algorithm));
      const BoundaryCase played = play_boundary(limit_of(row.algorithm));
      CHECK(played.allowed_units() == row.allowed);
      CHECK(played.denied_units() == 434 - row.allowed);
      CHECK(played.allowed_in_bursts() == row.bursts);
      CHECK(played.largest().units == row.largest);
      CHECK(played.largest().end == row.at);
      CHECK(played.excess() == row.excess);
    }
  }

  TEST_CASE(
      "a burst on each side of the boundary and then a fifth more than the limit per window") {
    for (const std::uint32_t units : {1U, 7U, 100U, 201U, 4'000'000'000U}) {
      CAPTURE(units);
      const auto requests =
          rl::load::boundary_traffic(limit_of(Algorithm::kFixedWindow, {.units = units}, 20s));
      CHECK(asked_units(requests, 0s, 19s) == 0);
      CHECK(asked_units(requests, 19s, 20s) == units);
      CHECK(asked_units(requests, 20s, 21s) == units);
      CHECK(asked_units(requests, 21s, 41s) == units + (std::uint64_t{units} + 4) / 5);
      CHECK(requests.back().at < 60s);
      CHECK(requests.size() <= 2 * 120 + 234);
      CHECK(std::is_sorted(requests.begin(), requests.end(),
                           [](const auto& a, const auto& b) { return a.at < b.at; }));
    }
  }

  TEST_CASE("the counts are those of the windows that end there and begin after a whole window") {
    // Admitted: 1 unit at 95 ms, at 100 ms and, after the next boundary, at 205 ms.
    const BoundaryCase played =
        play_boundary(limit_of(Algorithm::kFixedWindow, {.units = 1, .base = 1}, 100ms));
    const std::vector<std::pair<Micros, std::uint64_t>> expected = {
        {95ms, 1}, {100ms, 2}, {195ms, 1}, {200ms, 0}, {205ms, 1}};
    REQUIRE(played.counts.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(played.counts[i].end == expected[i].first);
      CHECK(played.counts[i].units == expected[i].second);
    }
  }

  TEST_CASE("an exact window is filled to the limit and never over it whatever the limit") {
    for (const std::uint32_t units : {1U, 2U, 20U, 21U, 150U, 999U, 100'000U}) {
      CAPTURE(units);
      const BoundaryCase played =
          play_boundary(limit_of(Algorithm::kSlidingWindow, {.units = units, .base = units}));
      CHECK(played.largest().units == units);
      CHECK(played.excess() == 0);
    }
  }

  TEST_CASE("what an algorithm admits at most by limit and base") {
    struct Row {
      Numbers numbers;
      std::uint64_t window;
      std::uint64_t counter;
      std::uint64_t bucket;
      std::uint64_t fixed;
    };
    const Row table[] = {
        {{.units = 100, .base = 100}, 100, 199, 199, 200},
        {{.units = 150, .base = 100}, 150, 299, 249, 300},
        {{.units = 20, .base = 100}, 20, 39, 39, 40},  // a limit that is cut: refilled with 20
        {{.units = 1, .base = 1}, 1, 1, 1, 2},
        {{.units = 0, .base = 0}, 0, 0, 0, 0},
        {{.units = 4'000'000'000, .base = 4'000'000'000},
         4'000'000'000,
         7'999'999'999,
         7'999'999'999,
         8'000'000'000},
    };
    for (const Row& row : table) {
      CAPTURE(row.numbers.units);
      CHECK(most_in_window(limit_of(Algorithm::kSlidingWindow, row.numbers)) == row.window);
      CHECK(most_in_window(limit_of(Algorithm::kSlidingCounter, row.numbers)) == row.counter);
      CHECK(most_in_window(limit_of(Algorithm::kTokenBucket, row.numbers)) == row.bucket);
      CHECK(most_in_window(limit_of(Algorithm::kFixedWindow, row.numbers)) == row.fixed);
    }
  }

  TEST_CASE("no traffic gets more into one window than an algorithm promises") {
    constexpr std::uint64_t kSeed = 20'260'101;
    CAPTURE(kSeed);
    rl::SeededRandom random(kSeed);
    for (int round = 0; round < 200; ++round) {
      const auto units = static_cast<std::uint32_t>(1 + random.below(12));
      const auto base = static_cast<std::uint32_t>(1 + random.below(units));
      for (const Algorithm algorithm : rl::kAlgorithms) {
        const Limit limit = limit_of(algorithm, {.units = units, .base = base}, 100ms);
        CAPTURE(round);
        CAPTURE(rl::to_string(algorithm));
        CHECK(largest_of_random_run(limit, random) <= most_in_window(limit));
        CHECK(play_boundary(limit).largest().units <= most_in_window(limit));
      }
    }
  }

  TEST_CASE("a limit of zero admits nothing and is asked all the same") {
    for (const Algorithm algorithm : rl::kAlgorithms) {
      const BoundaryCase played = play_boundary(limit_of(algorithm, {.units = 0, .base = 0}));
      CHECK(played.allowed_units() == 0);
      CHECK(played.denied_units() == 6);
      CHECK(played.largest().units == 0);
      CHECK(played.excess() == 0);
      CHECK(played.counts.empty());
    }
  }
}
