#include "rl/load/latency.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "rl/base/random.h"

using namespace std::chrono_literals;
using rl::Micros;
using rl::load::LatencyHistogram;

TEST_SUITE("load") {
  TEST_CASE("percentiles of small latencies are exact nearest ranks") {
    LatencyHistogram histogram;
    for (int i = 100; i >= 1; --i) {
      histogram.record(Micros{i * 10});
    }
    CHECK(histogram.percentile(1) == 10us);
    CHECK(histogram.percentile(50) == 500us);
    CHECK(histogram.percentile(95) == 950us);
    CHECK(histogram.percentile(99) == 990us);
    CHECK(histogram.percentile(99.5) == 1000us);
    CHECK(histogram.percentile(100) == 1000us);
  }

  TEST_CASE("a histogram without latencies says 0 and one latency is every percentile") {
    LatencyHistogram histogram;
    CHECK(histogram.summary().p99 == 0us);
    CHECK(histogram.summary().count == 0);
    histogram.record(7ms);
    CHECK(histogram.summary().p50 == 7ms);
    CHECK(histogram.summary().max == 7ms);
  }

  TEST_CASE("percentiles are never too low and at most a thousandth too high") {
    rl::SeededRandom random(42);
    LatencyHistogram histogram;
    std::vector<Micros> all;
    for (int i = 0; i < 20'000; ++i) {
      // Every order of magnitude up to an hour.
      const auto bound = std::uint64_t{1} << (1 + random.below(31));
      all.push_back(Micros{static_cast<std::int64_t>(random.below(bound))});
      histogram.record(all.back());
    }
    std::sort(all.begin(), all.end());
    for (const std::size_t permille : {10U, 100U, 500U, 900U, 950U, 990U, 999U, 1000U}) {
      const std::size_t rank = permille * 20;
      const double percent = static_cast<double>(permille) / 10;
      const auto exact = static_cast<double>(all[rank - 1].count());
      const auto told = static_cast<double>(histogram.percentile(percent).count());
      CAPTURE(percent);
      CHECK(told >= exact);
      CHECK(told <= exact * 1.001);
    }
  }

  TEST_CASE("latencies outside the range count at its ends") {
    LatencyHistogram histogram;
    histogram.record(-5us);
    CHECK(histogram.percentile(100) == 0us);
    histogram.record(100h);
    CHECK(histogram.percentile(100) == Micros{4'294'967'295});
  }

  TEST_CASE("merged histograms count as one") {
    LatencyHistogram low;
    LatencyHistogram high;
    low.record(1ms);
    high.record(1s);
    low.merge(high);
    CHECK(low.count() == 2);
    CHECK(low.percentile(50) == 1ms);
    CHECK(low.summary().max == 1s);
  }
}
