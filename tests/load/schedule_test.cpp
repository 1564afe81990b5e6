#include "rl/load/schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

using namespace std::chrono_literals;
using rl::load::interleave;
using rl::load::Rate;
using rl::load::Schedule;

TEST_SUITE("load") {
  TEST_CASE("constant arrivals stand at equal distances and do not drift") {
    const Schedule schedule(Rate{.per_second = 3}, 3'000'001);
    CHECK(schedule.at(0) == 0us);
    CHECK(schedule.at(1) == 333'333us);
    CHECK(schedule.at(2) == 666'667us);
    CHECK(schedule.at(3) == 1s);
    CHECK(schedule.at(3'000'000) == 1'000'000s);
  }

  TEST_CASE("a schedule has what fits into its duration and at least one request") {
    struct Row {
      double per_second;
      rl::Micros duration;
      std::uint64_t size;
    };
    for (const Row& row : {Row{250, 10s, 2500}, Row{3, 500ms, 1}, Row{0.1, 10s, 1},
                           Row{0.001, 1s, 1}, Row{1'000'000, 1h, 3'600'000'000}}) {
      CAPTURE(row.per_second);
      CHECK(Schedule::for_duration(Rate{row.per_second}, row.duration).size() == row.size);
    }
    CHECK(Schedule(Rate{.per_second = 250}, 1840).length() == 7'360ms);
  }

  TEST_CASE("interleaving keeps every class evenly spread over the whole") {
    const std::array<std::uint64_t, 3> counts = {40, 200, 1600};
    const auto order = interleave(counts);
    REQUIRE(order.size() == 1840);
    for (std::size_t c = 0; c < counts.size(); ++c) {
      std::uint64_t seen = 0;
      for (std::size_t k = 0; k < order.size(); ++k) {
        seen += order[k] == c ? 1 : 0;
        const double due = static_cast<double>(counts[c]) * static_cast<double>(k + 1) / 1840;
        CAPTURE(c);
        CAPTURE(k);
        REQUIRE(std::abs(static_cast<double>(seen) - due) < 2);
      }
      CHECK(seen == counts[c]);
    }
  }

  TEST_CASE("a single request stands in the middle") {
    CHECK(interleave(std::array<std::uint64_t, 2>{1, 2}) == std::vector<std::size_t>{1, 0, 1});
  }

  TEST_CASE("interleaving passes over empty classes") {
    CHECK(interleave(std::array<std::uint64_t, 3>{2, 0, 1}) == std::vector<std::size_t>{0, 2, 0});
    CHECK(interleave(std::array<std::uint64_t, 0>{}).empty());
  }
}
