#include "rl/base/duration.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;

TEST_SUITE("base") {
  TEST_CASE("a duration is a whole number and a unit") {
    struct Row {
      std::string_view text;
      rl::Micros expected;
    };
    const Row table[] = {
        {"100ms", 100ms}, {"1s", 1s},        {"90s", 90s}, {"1m", 60s},
        {"2h", 2h},       {"31d", 31 * 24h}, {"0s", 0s},
    };
    for (const Row& row : table) {
      CAPTURE(row.text);
      REQUIRE(rl::parse_duration(row.text).has_value());
      CHECK(rl::parse_duration(row.text).value() == row.expected);
    }
  }

  TEST_CASE("what is not a duration is refused with a hint") {
    for (const std::string_view text :
         {"", "m", "1", "1 m", "-1s", "1.5s", "1min", "1M", "99999999999s", "4000000000d"}) {
      CAPTURE(text);
      const auto parsed = rl::parse_duration(text);
      REQUIRE_FALSE(parsed.has_value());
      CHECK_FALSE(parsed.error().hint.empty());
    }
  }

  TEST_CASE("a formatted duration reads back") {
    for (const rl::Micros duration :
         {rl::Micros{100ms}, rl::Micros{1s}, rl::Micros{90s}, rl::Micros{60s}, rl::Micros{1h},
          rl::Micros{24h}, rl::Micros{1500ms}}) {
      CHECK(rl::parse_duration(rl::format_duration(duration)).value() == duration);
    }
    CHECK(rl::format_duration(60s) == "1m");
    CHECK(rl::format_duration(90s) == "90s");
  }

  TEST_CASE("seconds are rounded up so that nobody comes back too early") {
    CHECK(rl::ceil_seconds(0us) == 0);
    CHECK(rl::ceil_seconds(1us) == 1);
    CHECK(rl::ceil_seconds(1s) == 1);
    CHECK(rl::ceil_seconds(1s + 1us) == 2);
  }
}
