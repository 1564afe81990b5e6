#include <doctest/doctest.h>

#include "rl/base/manual_clock.h"
#include "tests/fault/fleet.h"

using namespace std::chrono_literals;
using rl::Micros;
using rl::test::charge_of;
using rl::test::RedisServer;
using rl::test::saw;

// The script is given the time: Debian's faketime does not work with its redis-server, whose
// allocator asks for the time before faketime is ready to tell it.

TEST_SUITE("fault") {
  TEST_CASE("a clock of Redis that steps by 30 s never makes one too many nor blocks for longer") {
    constexpr Micros kWindow = 60s;
    constexpr Micros kStep = 30s;
    constexpr Micros kTick = 1s;
    const RedisServer server;
    rl::ManualClock clock;
    const rl::Log log(rl::LogLevel::kError);
    rl::RedisStore store({.url = server.url(),
                          .deadline = 10s,
                          .remember_denials = false,
                          .script_goes_by_clock = true},
                         clock, log);
    REQUIRE(store.wait_until_connected(30s));
    const rl::Charge charge = charge_of("k:1", 5, kWindow);
    const auto admitted = [&](int requests) {
      int count = 0;
      for (int i = 0; i < requests; ++i) {
        rl::Decision decision;
        REQUIRE(store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)));
        count += decision.allowed ? 1 : 0;
      }
      return count;
    };
    CHECK(admitted(3) == 3);
    clock.advance(kStep);
    CHECK(admitted(20) == 2);  // half a window later the three still count
    clock.advance(-kStep);
    CHECK(admitted(20) == 0);
    Micros stuck{};
    while (admitted(1) == 0 && stuck < kWindow + 2 * kStep) {
      clock.advance(kTick);
      stuck += kTick;
    }
    // The first three were recorded at the time that it is now again: a window, and no step on top.
    CHECK(stuck == kWindow);
    CHECK(admitted(20) == 2);
    clock.advance(kStep - kTick);
    CHECK(admitted(20) == 0);
    clock.advance(kTick);
    CHECK(admitted(20) == 2);  // those of the clock that was ahead: a window and the step
    saw("a limit of 5 in 60 s: none too many; units were held for {} s after a step of {} s",
        (kWindow + kStep) / 1s, kStep / 1s);
  }
}
