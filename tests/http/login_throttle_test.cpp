#include "rl/http/login_throttle.h"

#include <doctest/doctest.h>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;
using rl::http::LoginThrottle;

namespace {

void guess(const LoginThrottle& throttle, std::string_view peer, int from, int to) {
  for (int i = from; i < to; ++i) {
    throttle.note_wrong(peer, "guess " + std::to_string(i));
  }
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a peer may offer so many wrong tokens in any minute and then waits") {
    rl::ManualClock clock;
    const LoginThrottle throttle(clock, {.wrong_tokens = 10});
    guess(throttle, "10.0.0.7", 0, 9);
    CHECK_FALSE(throttle.wait_of("10.0.0.7").has_value());
    clock.advance(20s);
    guess(throttle, "10.0.0.7", 9, 10);
    CHECK(throttle.wait_of("10.0.0.7") == 40s);
    CHECK_FALSE(throttle.wait_of("10.0.0.8").has_value());
    clock.advance(40s - 1us);
    CHECK(throttle.wait_of("10.0.0.7") == 1us);
    clock.advance(1us);
    CHECK_FALSE(throttle.wait_of("10.0.0.7").has_value());
    guess(throttle, "10.0.0.7", 10, 19);
    CHECK(throttle.wait_of("10.0.0.7") == 20s);  // the tenth of before still counts
  }

  TEST_CASE("the same wrong token again is no guess") {
    rl::ManualClock clock;
    const LoginThrottle throttle(clock, {.wrong_tokens = 2});
    for (int i = 0; i < 100; ++i) {
      CHECK(throttle.note_wrong("10.0.0.7", "an old token") == (i == 0));
    }
    CHECK_FALSE(throttle.wait_of("10.0.0.7").has_value());
    throttle.note_wrong("10.0.0.7", "another");
    CHECK(throttle.wait_of("10.0.0.7").has_value());
  }

  TEST_CASE("addresses of one network or of this machine are one peer") {
    rl::ManualClock clock;
    const LoginThrottle throttle(clock, {.wrong_tokens = 1});
    throttle.note_wrong("127.0.0.1", "a");
    for (const char* const same : {"127.0.0.2", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
      CAPTURE(same);
      CHECK(throttle.wait_of(same).has_value());
    }
    throttle.note_wrong("2001:db8:1:2::5", "a");
    CHECK(throttle.wait_of("2001:db8:1:2:ffff::6").has_value());
    CHECK_FALSE(throttle.wait_of("2001:db8:1:3::5").has_value());
    throttle.note_wrong("::ffff:10.0.0.7", "a");
    CHECK(throttle.wait_of("10.0.0.7").has_value());
  }

  TEST_CASE("many peers take a bounded memory and 0 is no throttle") {
    rl::ManualClock clock;
    const LoginThrottle throttle(clock, {.wrong_tokens = 1, .max_buckets = 64});
    for (int i = 0; i < 5000; ++i) {
      throttle.note_wrong("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250), "a");
    }
    CHECK(throttle.buckets() <= 128);
    const LoginThrottle off(clock, {.wrong_tokens = 0});
    guess(off, "10.0.0.7", 0, 1000);
    CHECK_FALSE(off.wait_of("10.0.0.7").has_value());
  }
}
