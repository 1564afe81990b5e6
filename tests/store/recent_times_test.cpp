#include "rl/store/redis/recent_times.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_SUITE("store") {
  TEST_CASE("half and nearly all of the latest calls took no longer") {
    rl::redis::RecentTimes times;
    CHECK(times.quantiles().p50 == 0us);
    CHECK(times.quantiles().p99 == 0us);
    times.add(7us);
    CHECK(times.quantiles().p50 == 7us);
    CHECK(times.quantiles().p99 == 7us);
    for (int i = 1; i < 100; ++i) {
      times.add(rl::Micros{i < 98 ? 7 : 900});
    }
    CHECK(times.quantiles().p50 == 7us);
    CHECK(times.quantiles().p99 == 900us);
    for (int i = 0; i < 256; ++i) {  // what was before is forgotten
      times.add(20us);
    }
    CHECK(times.quantiles().p50 == 20us);
    CHECK(times.quantiles().p99 == 20us);
  }
}
