#include <doctest/doctest.h>

#include "rl/metrics/rate_meter.h"

using namespace std::chrono_literals;

TEST_SUITE("metrics") {
  TEST_CASE("decisions are counted by tier and in all") {
    rl::DecisionCounters counters;
    counters.count("free", true);
    counters.count("free", false);
    counters.count("pro", true);
    counters.count_unauthenticated();
    CHECK(counters.by_tier().at("free").allowed == 1);
    CHECK(counters.by_tier().at("free").denied == 1);
    CHECK(counters.by_tier().at("pro").denied == 0);
    CHECK(counters.total().allowed == 2);
    CHECK(counters.unauthenticated() == 1);
  }

  TEST_CASE("rates are those of the last ten seconds") {
    rl::RateMeter meter;
    const rl::Instant start{100s};
    CHECK(meter.rates().requests_per_second == 0);
    meter.sample(start, {.allowed = 0, .denied = 0});
    CHECK(meter.rates().requests_per_second == 0);
    meter.sample(start + 1s, {.allowed = 30, .denied = 10});
    CHECK(meter.rates().requests_per_second == doctest::Approx(40));
    CHECK(meter.rates().denied_per_second == doctest::Approx(10));
    for (int second = 2; second <= 20; ++second) {
      meter.sample(start + second * 1s, {.allowed = 30, .denied = 10});
    }
    CHECK(meter.rates().requests_per_second == 0);
  }
}
