#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "rl/base/random.h"
#include "rl/load/oracle.h"

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

constexpr Instant kStart{1000s};
constexpr std::size_t kRequests = 300;

Micros up_to(rl::Random& random, Micros longest) {
  return Micros{
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(longest.count()) + 1))};
}

/// Numbers that change at random moments, each in force from its begin to that of the next.
std::vector<LimitSpan> random_spans(rl::Random& random) {
  std::vector<LimitSpan> spans;
  Instant begin = Instant::min();
  Instant next = kStart;
  for (int i = 0; i < 4; ++i) {
    next += up_to(random, 3s);
    spans.push_back({begin, next, static_cast<std::uint32_t>(random.below(8))});
    begin = next;
  }
  spans.back().end = Instant::max();
  return spans;
}

std::uint32_t in_force(const ObservedLimit& limit, Instant now) {
  for (const LimitSpan& span : limit.spans) {
    if (now < span.end) {
      return span.units;
    }
  }
  return limit.spans.back().units;
}

bool fits(const ObservedLimit& limit, const std::vector<Instant>& stamps, Instant now) {
  std::uint32_t live = 0;
  for (const Instant stamp : stamps) {
    live += stamp > now - limit.window ? 1 : 0;
  }
  return live + 1 <= in_force(limit, now);
}

struct RunShape {
  Micros widest{};  ///< longest interval of a request
  bool lose_replies = true;
};

/// A run of an exact limiter that decides each request at a random moment of its interval.
std::vector<Observation> exact_run(rl::Random& random, const std::vector<ObservedLimit>& limits,
                                   const RunShape& shape) {
  std::vector<Observation> observations;
  std::vector<Instant> moments;
  Instant sent = kStart;
  for (std::size_t i = 0; i < kRequests; ++i) {
    sent += up_to(random, 60ms);
    const Micros width = up_to(random, shape.widest);
    observations.push_back({sent, sent + width, Answer::kUnknown});
    moments.push_back(sent + up_to(random, width));
  }
  std::vector<std::size_t> order(kRequests);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return moments[a] < moments[b]; });
  std::vector<Instant> stamps;
  for (const std::size_t i : order) {
    const bool admitted =
        std::all_of(limits.begin(), limits.end(),
                    [&](const ObservedLimit& limit) { return fits(limit, stamps, moments[i]); });
    if (admitted) {
      stamps.push_back(moments[i]);
    }
    // Now and then the reply is lost.
    if (!shape.lose_replies || random.below(20) != 0) {
      observations[i].answer = admitted ? Answer::kAdmitted : Answer::kDenied;
    }
  }
  return observations;
}

std::vector<ObservedLimit> random_limits(rl::Random& random) {
  std::vector<ObservedLimit> limits = {{1s, random_spans(random)}};
  if (random.below(2) == 0) {
    limits.push_back({3s, random_spans(random)});
  }
  return limits;
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("an exact limiter never raises an alarm however wide the intervals are") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      rl::SeededRandom random(seed);
      const auto limits = random_limits(random);
      const auto widest = Micros{std::int64_t{1} << random.below(22)};
      const Findings findings = judge(limits, exact_run(random, limits, {.widest = widest}));
      CAPTURE(seed);
      REQUIRE(findings.over_admitted == 0);
      REQUIRE(findings.wrongly_denied == 0);
    }
  }

  TEST_CASE("one wrong answer at a known moment is an alarm") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      rl::SeededRandom random(seed);
      const std::vector<ObservedLimit> limits = {{1s, {{.units = 5}}}};
      const auto observations = exact_run(random, limits, {.widest = 0us, .lose_replies = false});
      const auto with_first_flipped = [&](Answer from, Answer to) {
        auto flipped = observations;
        const auto first = std::find_if(flipped.begin(), flipped.end(),
                                        [&](const Observation& o) { return o.answer == from; });
        REQUIRE(first != flipped.end());
        first->answer = to;
        return judge(limits, flipped);
      };
      CAPTURE(seed);
      CHECK(with_first_flipped(Answer::kDenied, Answer::kAdmitted).over_admitted == 1);
      CHECK(with_first_flipped(Answer::kAdmitted, Answer::kDenied).wrongly_denied >= 1);
    }
  }

  TEST_CASE("a burst of more than the limit is an alarm in the midst of wide intervals") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      rl::SeededRandom random(seed);
      const std::vector<ObservedLimit> limits = {{1s, {{.units = 5}}}};
      auto observations = exact_run(random, limits, {.widest = 2s});
      const Instant sent = kStart + 4s;
      observations.insert(observations.end(), 6, {sent, sent + 1ms, Answer::kAdmitted});
      CAPTURE(seed);
      CHECK(judge(limits, observations).over_admitted >= 1);
    }
  }
}
