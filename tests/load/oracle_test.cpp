#include "rl/load/oracle.h"

#include <doctest/doctest.h>

#include <vector>

using namespace std::chrono_literals;
using rl::Instant;
using rl::Micros;
using rl::load::Answer;
using rl::load::Findings;
using rl::load::judge;
using rl::load::LimitSpan;
using rl::load::Observation;
using rl::load::ObservedLimit;

namespace {

Instant at(Micros time) {
  return Instant{1000s} + time;
}

Observation admitted(Micros sent, Micros received) {
  return {at(sent), at(received), Answer::kAdmitted};
}
Observation denied(Micros sent, Micros received) {
  return {at(sent), at(received), Answer::kDenied};
}
Observation unanswered(Micros sent, Micros received) {
  return {at(sent), at(received), Answer::kUnknown};
}

std::vector<ObservedLimit> limit_of(std::uint32_t units) {
  return {{1s, {{.units = units}}}};
}

struct OracleRow {
  const char* what;
  std::vector<ObservedLimit> limits;
  std::vector<Observation> observations;
  Findings findings;
};

void check(const std::vector<OracleRow>& rows) {
  for (const OracleRow& row : rows) {
    CAPTURE(row.what);
    const Findings findings = judge(row.limits, row.observations);
    CHECK(findings.over_admitted == row.findings.over_admitted);
    CHECK(findings.wrongly_denied == row.findings.wrongly_denied);
    CHECK(findings.decisions == row.findings.decisions);
  }
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("over-admission is found where it is certain and only there") {
    check({
        {"three in one window under two",
         limit_of(2),
         {admitted(0ms, 1ms), admitted(100ms, 101ms), admitted(998ms, 999ms)},
         {.over_admitted = 1, .decisions = 3}},
        {"the order of the observations does not matter",
         limit_of(2),
         {admitted(998ms, 999ms), admitted(0ms, 1ms), admitted(100ms, 101ms)},
         {.over_admitted = 1, .decisions = 3}},
        {"two in one window under two",
         limit_of(2),
         {admitted(0ms, 1ms), admitted(998ms, 999ms)},
         {.decisions = 2}},
        {"the last may have been decided when the first had left",
         limit_of(2),
         {admitted(0ms, 1ms), admitted(100ms, 101ms), admitted(999ms, 1s)},
         {.decisions = 3}},
        {"intervals wider than the window prove nothing",
         limit_of(1),
         {admitted(0ms, 1s), admitted(0ms, 1s), admitted(0ms, 2s)},
         {.decisions = 3}},
        {"a wide interval does not hide the narrow ones beside it",
         limit_of(1),
         {admitted(0ms, 5s), admitted(10ms, 20ms), admitted(30ms, 40ms)},
         {.over_admitted = 1, .decisions = 3}},
        {"the excess of the worst window counts once",
         limit_of(1),
         {admitted(0ms, 1ms), admitted(1ms, 2ms), admitted(5s, 5s), admitted(5s, 5s),
          admitted(5s, 5s)},
         {.over_admitted = 2, .decisions = 5}},
        {"a request without a reply proves nothing",
         limit_of(1),
         {admitted(0ms, 1ms), unanswered(2ms, 3ms)},
         {.decisions = 1}},
        {"each limit is judged",
         {{1s, {{.units = 5}}}, {10s, {{.units = 1}}}},
         {admitted(0ms, 1ms), admitted(5s, 5s)},
         {.over_admitted = 1, .decisions = 2}},
        {"a limit of 0", limit_of(0), {admitted(0ms, 1ms)}, {.over_admitted = 1, .decisions = 1}},
    });
  }

  TEST_CASE("wrongful denial is found where it is certain and only there") {
    check({
        {"room and nothing before",
         limit_of(1),
         {denied(0ms, 1ms)},
         {.wrongly_denied = 1, .decisions = 1}},
        {"no room", limit_of(1), {admitted(0ms, 1ms), denied(5ms, 6ms)}, {.decisions = 2}},
        {"the admission had left for certain",
         limit_of(1),
         {admitted(0ms, 1ms), denied(1001ms, 1002ms)},
         {.wrongly_denied = 1, .decisions = 2}},
        {"the admission may still have been live",
         limit_of(1),
         {admitted(0ms, 1ms), denied(1000ms, 1002ms)},
         {.decisions = 2}},
        {"an admission that overlaps may have come first",
         limit_of(1),
         {denied(0ms, 10ms), admitted(10ms, 20ms)},
         {.decisions = 2}},
        {"an admission that came later for certain is no excuse",
         limit_of(1),
         {denied(0ms, 9ms), admitted(10ms, 20ms)},
         {.wrongly_denied = 1, .decisions = 2}},
        {"a request without a reply may have been admitted and late",
         limit_of(1),
         {unanswered(0ms, 1ms), denied(5s, 5s)},
         {.decisions = 1}},
        {"a denial takes nothing",
         limit_of(1),
         {denied(0ms, 0ms), denied(1ms, 1ms)},
         {.wrongly_denied = 2, .decisions = 2}},
        {"one limit without room is reason enough",
         {{1s, {{.units = 5}}}, {10s, {{.units = 1}}}},
         {admitted(0ms, 1ms), denied(5s, 5s)},
         {.decisions = 2}},
        {"a limit of 0 always denies", limit_of(0), {denied(0ms, 1ms)}, {.decisions = 1}},
        {"without limits nothing may be denied",
         {},
         {denied(0ms, 1ms)},
         {.wrongly_denied = 1, .decisions = 1}},
    });
  }

  TEST_CASE("a limit that changes is judged by what may have been in force") {
    const std::vector<ObservedLimit> falling = {
        {1s, {LimitSpan{.end = at(110ms), .units = 2}, LimitSpan{.begin = at(100ms), .units = 1}}}};
    check({
        {"the larger number still counts in a window it reaches into",
         falling,
         {admitted(0ms, 1ms), admitted(50ms, 51ms), denied(105ms, 106ms)},
         {.decisions = 3}},
        {"not in a window after it",
         falling,
         {admitted(111ms, 112ms), admitted(150ms, 151ms)},
         {.over_admitted = 1, .decisions = 2}},
        {"while it spreads either number may deny",
         falling,
         {admitted(0ms, 1ms), denied(105ms, 106ms)},
         {.decisions = 2}},
        {"before it only the larger",
         falling,
         {admitted(0ms, 1ms), denied(50ms, 51ms)},
         {.wrongly_denied = 1, .decisions = 2}},
    });
  }
}
