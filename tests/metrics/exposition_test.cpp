#include "rl/metrics/exposition.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "rl/base/manual_clock.h"
#include "rl/metrics/http_metrics.h"

using rl::Histogram;
using rl::Micros;

TEST_SUITE("metrics") {
  TEST_CASE("a duration falls into the first bucket that holds it") {
    struct Row {
      Micros duration;
      std::size_t bucket;
    };
    const Row rows[] = {{Micros{0}, 0},          {Micros{5}, 0},           {Micros{6}, 1},
                        {Micros{10}, 1},         {Micros{11}, 2},          {Micros{1'000}, 7},
                        {Micros{1'001}, 8},      {Micros{10'000'000}, 18}, {Micros{10'000'001}, 19},
                        {Micros{99'000'000}, 19}};
    for (const Row& row : rows) {
      CAPTURE(row.duration.count());
      Histogram histogram;
      histogram.observe(row.duration);
      CHECK(histogram.totals().counts[row.bucket] == 1);
      CHECK(histogram.totals().sum == row.duration);
    }
  }

  TEST_CASE("each kind of metric is written as Prometheus reads it") {
    rl::Exposition page;
    page.gauge({"rl_level", "How high."}, 2.5);
    page.counter({"rl_seen_total", "How many."}, 3, {{"kind", "plain"}});
    page.counter({"rl_seen_total", "How many."}, 1, {{"kind", "a \"b\" \\ \n c"}});
    Histogram histogram;
    histogram.observe(Micros{7});
    histogram.observe(Micros{20'000'000});
    page.histogram({"rl_took_seconds", "How long."}, histogram.totals());
    const std::string text = page.text();
    CAPTURE(text);
    for (const char* const line : {
             "# HELP rl_level How high.\n# TYPE rl_level gauge\nrl_level 2.5\n",
             "# HELP rl_seen_total How many.\n# TYPE rl_seen_total counter\n"
             "rl_seen_total{kind=\"plain\"} 3\n"
             "rl_seen_total{kind=\"a \\\"b\\\" \\\\ \\n c\"} 1\n",
             "# TYPE rl_took_seconds histogram\n",
             "rl_took_seconds_count 2\n",
             "rl_took_seconds_bucket{le=\"+Inf\"} 2\n",
             "rl_took_seconds_bucket{le=\"10\"} 1\n",
         }) {
      CAPTURE(line);
      CHECK(text.find(line) != std::string::npos);
    }
  }

  TEST_CASE("requests are counted by route and method and status") {
    const rl::ManualClock clock;
    rl::HttpMetrics metrics(clock);
    rl::RouteMetrics& test = metrics.route("/test");
    CHECK(&metrics.route("/test") == &test);
    test.record("GET", 200, Micros{50});
    test.record("GET", 200, Micros{50});
    test.record("BREW", 429, Micros{50});
    test.count("PUT", 7);
    test.count("PUT", 1000);
    metrics.other().count("GET", 404);
    std::string told;
    for (const auto& [route, counts] : metrics.all()) {
      for (const auto& count : counts->counts()) {
        told += route + " " + std::string(count.method) + " " + std::to_string(count.status) + " " +
                std::to_string(count.requests) + "\n";
      }
    }
    CHECK(told ==
          "/test GET 200 2\n/test PUT 100 1\n/test PUT 599 1\n/test other 429 1\n"
          "other GET 404 1\n");
    CHECK(test.durations().sum == Micros{150});
  }

  TEST_CASE("requests of eight threads are counted exactly") {
    constexpr int kEach = 20'000;
    const rl::ManualClock clock;
    rl::HttpMetrics metrics(clock);
    rl::RouteMetrics& route = metrics.route("/test");
    {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
          for (int i = 0; i < kEach; ++i) {
            route.record("GET", i % 4 == 0 ? 429 : 200, Micros{50});
          }
        });
      }
    }
    REQUIRE(route.counts().size() == 2);
    CHECK(route.counts()[0].requests == 8 * kEach / 4 * 3);
    CHECK(route.counts()[1].requests == 8 * kEach / 4);
    CHECK(route.durations().counts[3] == 8 * kEach);
  }
}
