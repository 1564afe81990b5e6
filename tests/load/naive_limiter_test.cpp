#include "rl/load/naive_limiter.h"

#include <doctest/doctest.h>

#include <vector>

using namespace std::chrono_literals;
using rl::Micros;
using rl::load::ExactLimit;
using rl::load::naive_admissions;

namespace {

struct Row {
  const char* what;
  std::vector<ExactLimit> limits;
  std::vector<Micros> times;
  std::vector<bool> admitted;
};

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("the naive limiter keeps the promise to the letter") {
    const std::vector<Row> rows = {
        {"no limit", {}, {0ms, 0ms}, {true, true}},
        {"a limit of 0 blocks", {{1s, 0}}, {0ms, 5s}, {false, false}},
        {"equal stamps count each", {{1s, 2}}, {0ms, 0ms, 0ms}, {true, true, false}},
        {"a stamp leaves at exactly its window", {{1s, 1}}, {0ms, 999ms, 1s}, {true, false, true}},
        {"a denial takes nothing",
         {{1s, 1}},
         {0ms, 500ms, 1s, 1500ms, 2s},
         {true, false, true, false, true}},
        {"all limits must admit and a denial is counted under none",
         {{1s, 1}, {10s, 2}},
         {0ms, 500ms, 1s, 2s, 10s},
         {true, false, true, false, true}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.what);
      CHECK(naive_admissions(row.limits, row.times) == row.admitted);
    }
  }
}
