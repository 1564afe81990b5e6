#include "rl/limit/sliding_window.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "rl/limit/decision.h"

using namespace std::chrono_literals;

namespace {

constexpr rl::Instant at(rl::Micros time) {
  return rl::Instant{100s} + time;
}

struct Step {
  rl::Micros time;
  std::uint32_t cost;
  std::uint32_t limit;
  rl::Micros wait;  // 0: admitted
  std::uint32_t remaining;
  rl::Micros reset;
};

void run(const std::vector<Step>& steps) {
  rl::StampRing live;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(i);
    const Step& step = steps[i];
    const rl::Limit limit{.window = 60s, .units = step.limit};
    const rl::Micros wait = rl::sliding_window::wait(live, limit, step.cost, at(step.time));
    CHECK(wait == step.wait);
    if (wait == 0us) {
      rl::sliding_window::record(live, limit, step.cost, at(step.time));
    }
    const rl::Usage usage = rl::sliding_window::usage(live, limit, at(step.time));
    CHECK(usage.remaining == step.remaining);
    CHECK(usage.reset_after == step.reset);
  }
}

}  // namespace

TEST_SUITE("limit") {
  TEST_CASE("sliding window: units fill the limit and free one by one") {
    run({
        {0s, 1, 3, 0s, 2, 60s},
        {10s, 1, 3, 0s, 1, 50s},
        {20s, 1, 3, 0s, 0, 40s},
        {30s, 1, 3, 30s, 0, 30s},
        {60s - 1us, 1, 3, 1us, 0, 1us},
        {60s, 1, 3, 0s, 0, 10s},  // a stamp of exactly now - W is no longer live
        {60s, 1, 3, 10s, 0, 10s},
        {200s, 1, 3, 0s, 2, 60s},
    });
  }

  TEST_CASE("sliding window: a cost of several units waits for as many as it needs") {
    run({
        {0s, 2, 5, 0s, 3, 60s},
        {10s, 2, 5, 0s, 1, 50s},
        {20s, 2, 5, 40s, 1, 40s},
        {20s, 4, 5, 50s, 1, 40s},
        {20s, 5, 5, 50s, 1, 40s},
        {20s, 6, 5, rl::kNever, 1, 40s},
        {20s, 0, 5, 0s, 1, 40s},
        {20s, 1, 5, 0s, 0, 40s},
    });
  }

  TEST_CASE("sliding window: a cut limit never frees units and a raised one keeps the history") {
    run({
        {0s, 1, 20, 0s, 19, 60s},
        {1s, 1, 20, 0s, 18, 59s},
        {2s, 1, 20, 0s, 17, 58s},
        {3s, 1, 2, 58s, 0, 57s},  // three live: two must leave
        {3s, 1, 4, 0s, 0, 57s},   // raised: what is recorded still counts
        {60s, 1, 2, 2s, 0, 1s},
        {62s, 1, 2, 0s, 0, 1s},
    });
  }

  TEST_CASE("sliding window: limit zero blocks whatever the cost") {
    run({
        {0s, 1, 0, rl::kNever, 0, 0s},
        {0s, 0, 0, rl::kNever, 0, 0s},
    });
  }

  TEST_CASE("sliding window: a clock that steps back neither frees nor counts twice") {
    run({
        {50s, 1, 2, 0s, 1, 60s},
        {10s, 1, 2, 0s, 0, 60s},  // counted at 50 s, the last stamp
        {0s, 1, 2, 60s, 0, 60s},
        {110s - 1us, 1, 2, 1us, 0, 1us},
        {110s, 1, 2, 0s, 1, 60s},
    });
  }
}
