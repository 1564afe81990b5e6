#include "rl/metrics/usage_meter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;

TEST_SUITE("metrics") {
  TEST_CASE("requests are counted by owner and minute until they are taken") {
    rl::ManualClock clock;
    rl::UsageMeter meter;
    const rl::UsageOwner key{.user = 1, .key = 7};
    meter.count(key, clock.wall_now(), true);
    meter.count(key, clock.wall_now() + 59s, false);
    meter.count(key, clock.wall_now() + 60s, true);
    meter.count({.user = 1}, clock.wall_now(), true);
    auto counts = meter.take();
    std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
      return std::pair(a.minute, a.owner.key) < std::pair(b.minute, b.owner.key);
    });
    const std::int64_t minute =
        std::chrono::floor<std::chrono::minutes>(clock.wall_now().time_since_epoch()).count();
    REQUIRE(counts.size() == 3);
    CHECK(counts[0].owner == rl::UsageOwner{.user = 1});
    CHECK(counts[1] ==
          rl::UsageCount{
              .owner = key, .minute = minute, .totals = {1, 1}, .last = clock.wall_now() + 59s});
    CHECK(counts[2].minute == minute + 1);
    CHECK(meter.take().empty());
  }

  TEST_CASE("threads that count while others take lose nothing") {
    constexpr int kThreads = 8;
    constexpr int kEach = 2000;
    const rl::ManualClock clock;
    rl::UsageMeter meter;
    rl::UsageTotals sum;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
          for (int n = 0; n < kEach; ++n) {
            meter.count({.user = 1, .key = 1}, clock.wall_now(), n % 2 == 0);
          }
        });
      }
      for (int i = 0; i < 100; ++i) {
        for (const rl::UsageCount& count : meter.take()) {
          sum += count.totals;
        }
      }
    }
    for (const rl::UsageCount& count : meter.take()) {
      sum += count.totals;
    }
    CHECK(sum == rl::UsageTotals{kThreads * kEach / 2, kThreads * kEach / 2});
  }

  TEST_CASE("owners without end take no memory without end") {
    const rl::ManualClock clock;
    rl::UsageMeter meter;
    for (std::uint64_t user = 1; user <= rl::UsageMeter::kMostWaiting + 5; ++user) {
      meter.count({.user = user}, clock.wall_now(), true);
    }
    CHECK(meter.missed() == 5);
    CHECK(meter.take().size() == rl::UsageMeter::kMostWaiting);
  }
}
