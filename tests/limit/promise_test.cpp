// What docs/algorithms.md says in numbers, and what no other test says of one algorithm alone.
#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "rl/limit/bucket_state.h"

using namespace std::chrono_literals;
using rl::Algorithm;
using rl::Micros;

namespace {

/// What happens to a bucket of one window of 60 s, in the order of the rows.
struct PromiseStep {
  Micros time;
  std::uint32_t cost;
  std::uint32_t limit;
  Micros wait;  ///< 0: admitted
  std::uint32_t remaining;
  Micros reset;
};

void run(Algorithm algorithm, const std::vector<PromiseStep>& steps) {
  CAPTURE(rl::to_string(algorithm));
  rl::BucketState bucket(algorithm);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(i);
    const PromiseStep& step = steps[i];
    const rl::Limit limit{
        .algorithm = algorithm, .window = 60s, .units = step.limit, .base = 100, .degraded = 20};
    const rl::Instant now{6000s + step.time};
    const Micros wait = bucket.wait(limit, step.cost, now);
    CHECK(wait == step.wait);
    if (wait == 0us) {
      bucket.record(limit, step.cost, now);
    }
    const rl::Usage usage = bucket.usage(limit, now);
    CHECK(usage.remaining == step.remaining);
    CHECK(usage.reset_after == step.reset);
  }
}

}  // namespace

TEST_SUITE("limit") {
  TEST_CASE("the most that an algorithm admits in one window is what it promises and no less") {
    // Each row admits; the row after it is one unit too much. The windows end at the last row but
    // one of each and are open at their begin.
    run(Algorithm::kSlidingWindow, {{60s - 1us, 100, 100, 0s, 0, 60s},
                                    {60s, 1, 100, 60s - 1us, 0, 60s - 1us},
                                    {120s - 2us, 1, 100, 1us, 0, 1us}});
    run(Algorithm::kSlidingCounter, {{60s - 1us, 100, 100, 0s, 0, 1us},
                                     {120s - 2us, 99, 100, 0s, 0, 2us},
                                     {120s - 2us, 1, 100, 2us, 0, 2us}});
    run(Algorithm::kTokenBucket, {{60s - 1us, 100, 100, 0s, 0, 60s},
                                  {120s - 2us, 99, 100, 0s, 0, 59'400'002us},
                                  {120s - 2us, 1, 100, 2us, 0, 59'400'002us}});
    run(Algorithm::kFixedWindow, {{60s - 1us, 100, 100, 0s, 0, 1us},
                                  {60s, 100, 100, 0s, 0, 60s},
                                  {60s, 1, 100, 60s, 0, 60s}});
  }

  TEST_CASE("a sliding counter denies for units that have long left the exact window") {
    // 100 units at 0 s; from 60 s on the exact window is empty.
    const std::vector<PromiseStep> counter = {{0s, 100, 100, 0s, 0, 60s},
                                              {60s, 1, 100, 600ms, 0, 60s},
                                              {90s, 51, 100, 600ms, 50, 30s},
                                              {90s, 50, 100, 0s, 0, 30s}};
    run(Algorithm::kSlidingCounter, counter);
    run(Algorithm::kSlidingWindow, {{0s, 100, 100, 0s, 0, 60s}, {60s, 100, 100, 0s, 0, 60s}});
  }

  TEST_CASE("a limit that moves counts what each algorithm has recorded") {
    // 60 of 100 used, cut to 20, raised to 150, half a minute after it all began.
    run(Algorithm::kSlidingWindow,
        {{15s, 60, 100, 0s, 40, 60s}, {30s, 1, 20, 45s, 0, 45s}, {30s, 90, 150, 0s, 0, 45s}});
    run(Algorithm::kSlidingCounter,
        {{15s, 60, 100, 0s, 40, 45s}, {30s, 1, 20, 71s, 0, 30s}, {30s, 90, 150, 0s, 0, 30s}});
    run(Algorithm::kTokenBucket, {{15s, 60, 100, 0s, 40, 36s},
                                  {30s, 1, 20, 108s, 0, 165s},    // 5 came back, at 20 per minute
                                  {30s, 115, 150, 0s, 0, 90s}});  // 25, at 100 per minute
    run(Algorithm::kFixedWindow, {{15s, 60, 100, 0s, 40, 45s},
                                  {30s, 1, 20, 30s, 0, 30s},
                                  {30s, 90, 150, 0s, 0, 30s},
                                  {60s, 20, 20, 0s, 0, 60s}});  // at the boundary all is forgotten
  }

  TEST_CASE("a clock that steps back frees nothing under any algorithm") {
    run(Algorithm::kSlidingWindow, {{65s, 100, 100, 0s, 0, 60s}, {5s, 1, 100, 60s, 0, 60s}});
    run(Algorithm::kSlidingCounter, {{65s, 100, 100, 0s, 0, 55s}, {5s, 1, 100, 60'600ms, 0, 60s}});
    run(Algorithm::kTokenBucket, {{65s, 100, 100, 0s, 0, 60s}, {5s, 1, 100, 600ms, 0, 60s}});
    run(Algorithm::kFixedWindow, {{65s, 100, 100, 0s, 0, 55s}, {5s, 1, 100, 60s, 0, 60s}});
  }

  TEST_CASE("only an exact window of more than 20 units needs memory beside its bucket") {
    for (const Algorithm algorithm : rl::kAlgorithms) {
      CAPTURE(rl::to_string(algorithm));
      const rl::Limit limit{
          .algorithm = algorithm, .window = 60s, .units = 1000, .base = 1000, .degraded = 1000};
      rl::BucketState bucket(algorithm);
      bucket.record(limit, 20, rl::Instant{100s});
      CHECK(bucket.heap_bytes() == 0);
      bucket.record(limit, 980, rl::Instant{101s});
      if (algorithm == Algorithm::kSlidingWindow) {
        CHECK(bucket.heap_bytes() >= 4 * 1000);
        CHECK(bucket.heap_bytes() <= 5 * 1000);
      } else {
        CHECK(bucket.heap_bytes() == 0);
      }
    }
  }
}
