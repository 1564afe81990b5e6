#include "rl/load/rate.h"

#include <doctest/doctest.h>

TEST_SUITE("load") {
  TEST_CASE("a rate is a number and a unit") {
    CHECK(rl::load::parse_rate("250/s")->per_second == 250);
    CHECK(rl::load::parse_rate("0.5/s")->per_second == 0.5);
    CHECK(rl::load::parse_rate("300/m")->per_second == 5);
    CHECK(rl::load::parse_rate("1000000/s")->per_second == 1'000'000);
  }

  TEST_CASE("what is no rate or out of bounds is refused") {
    for (const char* text : {"", "/s", "fast", "250", "250/h", "250 /s", "0/s", "-1/s", "nan/s",
                             "inf/s", "1000001/s", "1e9/s"}) {
      CAPTURE(text);
      CHECK_FALSE(rl::load::parse_rate(text).has_value());
    }
  }

  TEST_CASE("a rate is written as it is read") {
    for (const char* text : {"250/s", "0.5/s", "1000000/s"}) {
      CHECK(rl::load::parse_rate(text)->to_string() == text);
    }
  }
}
