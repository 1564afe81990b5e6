#include "rl/store/fallback/breaker.h"

#include <doctest/doctest.h>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;

TEST_SUITE("store") {
  TEST_CASE("five failures in a row open the breaker and one success between them does not") {
    const rl::ManualClock clock;
    rl::Breaker breaker(clock);
    for (int i = 0; i < 4; ++i) {
      CHECK_FALSE(breaker.report(false));
    }
    CHECK_FALSE(breaker.report(true));
    for (int i = 0; i < 4; ++i) {
      CHECK_FALSE(breaker.report(false));
    }
    CHECK(breaker.closed());
    CHECK(breaker.report(false));  // and says so once
    CHECK_FALSE(breaker.closed());
    CHECK_FALSE(breaker.report(false));
  }

  TEST_CASE("probes come after a pause that doubles and three good ones close the breaker") {
    rl::ManualClock clock;
    rl::Breaker breaker(clock);
    CHECK_FALSE(breaker.probe_due());
    for (int i = 0; i < 5; ++i) {
      static_cast<void>(breaker.report(false));
    }
    rl::Micros pause = 250ms;
    for (int i = 0; i < 8; ++i) {
      clock.advance(pause - 1us);
      CHECK_FALSE(breaker.probe_due());
      clock.advance(1us);
      CHECK(breaker.probe_due());
      CHECK_FALSE(breaker.report_probe(false));
      pause = std::min<rl::Micros>(2 * pause, 5s);
    }
    clock.advance(5s);
    CHECK_FALSE(breaker.report_probe(true));
    CHECK(breaker.probe_due());  // at once
    CHECK_FALSE(breaker.report_probe(true));
    CHECK_FALSE(breaker.report_probe(false));
    clock.advance(5s);
    CHECK_FALSE(breaker.report_probe(true));
    CHECK_FALSE(breaker.report_probe(true));
    CHECK(breaker.report_probe(true));
    CHECK_FALSE(breaker.closed());
    breaker.close();
    CHECK(breaker.closed());
    CHECK_FALSE(breaker.probe_due());
  }
}
