#include "rl/store/fallback/breaker.h"

#include <doctest/doctest.h>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;
using State = rl::Breaker::State;

namespace {

struct Fixture {
  void report(bool success, int times) {
    for (int i = 0; i < times; ++i) {
      breaker.report(success);
    }
  }

  rl::ManualClock clock;
  rl::SeededRandom random{1};
  rl::Breaker breaker{clock, random};
};

}  // namespace

TEST_SUITE("store") {
  TEST_CASE("five failures in a row open the breaker and one success between them does not") {
    Fixture fixture;
    fixture.report(false, 4);
    fixture.report(true, 1);
    fixture.report(false, 4);
    CHECK(fixture.breaker.closed());
    fixture.report(false, 1);
    CHECK(fixture.breaker.state() == State::kOpen);
  }

  TEST_CASE("half of at least twenty calls in a second open the breaker") {
    Fixture fixture;
    for (int i = 0; i < 9; ++i) {
      fixture.report(true, 1);
      fixture.report(false, 1);
    }
    fixture.report(true, 1);
    CHECK(fixture.breaker.closed());  // nine of nineteen
    fixture.report(false, 1);
    CHECK_FALSE(fixture.breaker.closed());
  }

  TEST_CASE("failures of earlier seconds count no more") {
    Fixture fixture;
    for (int second = 0; second < 20; ++second) {
      fixture.report(false, 4);
      fixture.report(true, 5);
      fixture.clock.advance(1s);
    }
    CHECK(fixture.breaker.closed());
  }

  TEST_CASE("a lost connection opens the breaker at once") {
    Fixture fixture;
    fixture.breaker.trip();
    CHECK(fixture.breaker.state() == State::kOpen);
    CHECK_FALSE(fixture.breaker.probe_due());
  }

  TEST_CASE("probes come after a pause that doubles and three good ones close the breaker") {
    Fixture fixture;
    CHECK_FALSE(fixture.breaker.probe_due());
    fixture.breaker.trip();
    rl::Micros pause = 250ms;
    for (int i = 0; i < 8; ++i) {
      fixture.clock.advance(pause - pause / 10 - 1us);  // a tenth less or more than the pause
      CHECK_FALSE(fixture.breaker.probe_due());
      fixture.clock.advance(pause / 5 + 2us);
      CHECK(fixture.breaker.probe_due());
      CHECK_FALSE(fixture.breaker.report_probe(false));
      pause = std::min<rl::Micros>(2 * pause, 5s);
    }
    fixture.clock.advance(6s);
    CHECK_FALSE(fixture.breaker.report_probe(true));
    CHECK(fixture.breaker.state() == State::kHalfOpen);
    CHECK(fixture.breaker.probe_due());  // at once
    CHECK_FALSE(fixture.breaker.report_probe(true));
    CHECK_FALSE(fixture.breaker.report_probe(false));
    CHECK(fixture.breaker.state() == State::kOpen);
    fixture.clock.advance(6s);
    CHECK_FALSE(fixture.breaker.report_probe(true));
    CHECK_FALSE(fixture.breaker.report_probe(true));
    CHECK(fixture.breaker.report_probe(true));
    CHECK_FALSE(fixture.breaker.closed());
    fixture.breaker.close();
    CHECK(fixture.breaker.state() == State::kClosed);
    CHECK_FALSE(fixture.breaker.probe_due());
  }

  TEST_CASE("breakers that open together do not probe together") {
    rl::ManualClock clock;
    rl::SeededRandom random{7};
    int due = 0;
    for (int i = 0; i < 100; ++i) {
      rl::Breaker breaker(clock, random);
      breaker.trip();
      clock.advance(250ms);
      due += breaker.probe_due() ? 1 : 0;
    }
    CHECK(due > 20);
    CHECK(due < 80);
  }
}
