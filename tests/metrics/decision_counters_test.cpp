#include "rl/metrics/decision_counters.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using rl::DecisionCounters;
using rl::DecisionTotals;

TEST_SUITE("metrics") {
  TEST_CASE("a denial is counted under the rule that denied") {
    DecisionCounters counters;
    counters.count("free", true);
    counters.count("free", false, "t/1m");
    counters.count("free", false, "t/1m");
    counters.count("free", false, "g/all");
    counters.count("pro", false);
    const auto series = counters.by_series();
    CHECK(series.size() == 4);
    CHECK(series.at({"free", ""}) == DecisionTotals{.allowed = 1, .denied = 0});
    CHECK(series.at({"free", "t/1m"}) == DecisionTotals{.allowed = 0, .denied = 2});
    CHECK(series.at({"free", "g/all"}) == DecisionTotals{.allowed = 0, .denied = 1});
    CHECK(series.at({"pro", "other"}) == DecisionTotals{.allowed = 0, .denied = 1});
    CHECK(counters.by_tier().at("free") == DecisionTotals{.allowed = 1, .denied = 3});
  }

  TEST_CASE("counts of eight threads are exact") {
    constexpr int kEach = 20'000;
    DecisionCounters counters;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&counters, thread] {
        for (int i = 0; i < kEach; ++i) {
          counters.count(thread % 2 == 0 ? "free" : "pro", i % 4 != 0, i % 4 == 0 ? "t/1m" : "");
          counters.decision_time().observe(rl::Micros{i % 2 == 0 ? 5 : 6});
        }
      });
    }
    threads.clear();
    CHECK(counters.by_tier().at("free") ==
          DecisionTotals{.allowed = 4 * kEach / 4 * 3, .denied = kEach});
    CHECK(counters.by_tier().at("pro") ==
          DecisionTotals{.allowed = 4 * kEach / 4 * 3, .denied = kEach});
    const auto times = counters.decision_time().totals();
    CHECK(times.counts[0] == 4 * kEach);
    CHECK(times.counts[1] == 4 * kEach);
    CHECK(times.sum == rl::Micros{8 * (kEach / 2) * 11});
  }

  TEST_CASE("names that never end are counted as other") {
    DecisionCounters counters;
    const auto fill = [&counters](const std::string& prefix) {
      for (std::size_t i = 0; i < 2 * DecisionCounters::kMaxSeries; ++i) {
        counters.count(prefix + std::to_string(i), false, "t/1m");
        counters.count(prefix + std::to_string(i), true);
      }
    };
    fill("a");
    std::jthread([&] { fill("b"); }).join();  // most likely with a stripe of its own
    CHECK(counters.by_series().size() <= DecisionCounters::kMaxSeries + 2);
    CHECK(counters.by_series().at({"other", "other"}).denied > 0);
    CHECK(counters.by_series().at({"other", ""}).allowed > 0);
    CHECK(counters.total() == DecisionTotals{.allowed = 4 * DecisionCounters::kMaxSeries,
                                             .denied = 4 * DecisionCounters::kMaxSeries});
    counters.count("A-late-name", true);  // would come first, had it been kept
    CHECK_FALSE(counters.by_series().contains({"A-late-name", ""}));
  }
}
