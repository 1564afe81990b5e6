#include "rl/base/random.h"

#include <doctest/doctest.h>

TEST_SUITE("base") {
  TEST_CASE("the same seed gives the same numbers") {
    rl::SeededRandom first(42);
    rl::SeededRandom second(42);
    rl::SeededRandom other(43);
    const auto drawn = first.next();
    CHECK(drawn == second.next());
    CHECK(drawn != other.next());
  }

  TEST_CASE("bounded numbers reach every value and no other") {
    rl::SeededRandom random(1);
    int seen[3] = {};
    for (int i = 0; i < 300; ++i) {
      const auto value = random.below(3);
      REQUIRE(value < 3);
      ++seen[value];
      const double unit = random.unit();
      REQUIRE((unit >= 0.0 && unit < 1.0));
    }
    for (const int count : seen) {
      CHECK(count > 50);
    }
  }

  TEST_CASE("hexadecimal randomness has the length that was asked for") {
    rl::SystemRandom random;
    CHECK(rl::random_hex(random, 20).size() == 40);
    CHECK(rl::random_hex(random, 20) != rl::random_hex(random, 20));
  }
}
