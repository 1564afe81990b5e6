#include "rl/store/redis/denials.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using rl::Algorithm;
using rl::Charge;
using rl::Decision;
using rl::Instant;
using rl::Micros;

namespace {

constexpr rl::redis::Denials::Question kQuestion{.hash = 7, .text = "k:1 t/1m"};

constexpr Micros kUnderWay = 3ms;

struct DenialsFixture {
  void remember(Decision decision, std::uint32_t cost = 1,
                Algorithm algorithm = Algorithm::kSlidingWindow) {
    const Charge charge{
        .bucket = {}, .limit = {.algorithm = algorithm, .window = 60s, .units = 20}, .cost = cost};
    denials.remember(kQuestion, denials.moment(Instant{100s} - kUnderWay), Instant{100s},
                     std::span(&charge, 1), std::span(&decision, 1));
  }

  bool recalls(Micros later) {
    return denials.recall(kQuestion, Instant{100s} + later, std::span(&told, 1));
  }

  rl::redis::Denials denials;
  Decision told;
};

Decision denial(Micros reset, Micros retry, std::uint32_t remaining = 0) {
  return {.allowed = false,
          .limit = 20,
          .remaining = remaining,
          .reset_after = reset,
          .retry_after = retry};
}

}  // namespace

TEST_SUITE("store") {
  TEST_CASE("a denial is told again until its retry-after, which goes down meanwhile") {
    DenialsFixture fixture;
    fixture.remember(denial(30s, 30s));
    CHECK(fixture.recalls(0s));
    CHECK(fixture.recalls(10s));
    CHECK_FALSE(fixture.told.allowed);
    CHECK(fixture.told.retry_after == 20s);
    CHECK(fixture.told.reset_after == 20s);
    CHECK(fixture.told.remaining == 0);
    CHECK(fixture.recalls(30s - 1us));
    CHECK_FALSE(fixture.recalls(30s));
    CHECK(fixture.recalls(-kUnderWay));  // by who looked at the clock before it was told
    CHECK(fixture.told.retry_after == 30s);
    CHECK_FALSE(fixture.recalls(-kUnderWay - 1us));  // a clock that steps back asks
    CHECK(fixture.denials.recalled() == 4);
  }

  TEST_CASE("units that free and are still too few leave the denial true") {
    DenialsFixture fixture;
    fixture.remember(denial(5s, 30s));  // the limit was cut
    CHECK(fixture.recalls(4s));
    CHECK(fixture.told.reset_after == 1s);
    CHECK(fixture.recalls(6s));
    CHECK(fixture.told.reset_after == 24s);
    CHECK(fixture.told.retry_after == 24s);
  }

  TEST_CASE("a denial that others can change is not remembered") {
    DenialsFixture fixture;
    fixture.remember(denial(5s, 30s, 2), 3);  // who asks for less may get the two
    CHECK_FALSE(fixture.recalls(0s));
    fixture.remember(denial(60s, 30s), 3, Algorithm::kTokenBucket);  // one unit comes in sooner
    CHECK_FALSE(fixture.recalls(0s));
    fixture.remember({.allowed = true, .limit = 20, .remaining = 3});
    CHECK_FALSE(fixture.recalls(0s));
    fixture.remember(denial(5s, 30s), 3);
    CHECK(fixture.recalls(5s - 1us));
    CHECK_FALSE(fixture.recalls(5s));
  }

  TEST_CASE("what can never pass is asked about once a second") {
    DenialsFixture fixture;
    fixture.remember(denial(0s, rl::kNever));
    CHECK(fixture.recalls(1s - 1us));
    CHECK(fixture.told.retry_after == rl::kNever);
    CHECK_FALSE(fixture.recalls(1s));
  }

  TEST_CASE("another question with the same hash is another question") {
    DenialsFixture fixture;
    fixture.remember(denial(30s, 30s));
    CHECK_FALSE(fixture.denials.recall({.hash = 7, .text = "k:2 t/1m"}, Instant{101s},
                                       std::span(&fixture.told, 1)));
  }

  TEST_CASE("what was asked before all was forgotten is not remembered after it") {
    DenialsFixture fixture;
    fixture.remember(denial(30s, 30s));
    const auto before = fixture.denials.moment(Instant{100s});
    fixture.denials.forget_all();
    CHECK_FALSE(fixture.recalls(1s));
    const Charge charge{.bucket = {}, .limit = {.window = 60s, .units = 20}};
    const Decision late = denial(30s, 30s);
    fixture.denials.remember(kQuestion, before, Instant{100s}, std::span(&charge, 1),
                             std::span(&late, 1));
    CHECK_FALSE(fixture.recalls(1s));
  }

  TEST_CASE("the number of denials is bounded") {
    DenialsFixture fixture;
    const Charge charge{.bucket = {}, .limit = {.window = 60s, .units = 20}};
    const Decision decision = denial(30s, 30s);
    int kept = 0;
    for (std::uint64_t hash = 0; hash < 200'000; ++hash) {
      const std::string text = std::to_string(hash);
      fixture.denials.remember({.hash = hash, .text = text}, fixture.denials.moment(Instant{100s}),
                               Instant{100s}, std::span(&charge, 1), std::span(&decision, 1));
    }
    for (std::uint64_t hash = 0; hash < 200'000; ++hash) {
      const std::string text = std::to_string(hash);
      kept += fixture.denials.recall({.hash = hash, .text = text}, Instant{101s},
                                     std::span(&fixture.told, 1))
                  ? 1
                  : 0;
    }
    CHECK(kept > 0);
    CHECK(kept <= 65'536);
  }
}
