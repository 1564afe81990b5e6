#include "rl/base/text.h"

#include <doctest/doctest.h>

#include <vector>

TEST_SUITE("base") {
  TEST_CASE("the nearest name is offered for a mistyped one") {
    const std::vector<std::string> tiers = {"free", "premium", "enterprise"};
    CHECK(rl::nearest("premum", tiers) == "premium");
    CHECK(rl::nearest("FREE", tiers) == "free");
    CHECK(rl::nearest("enterprize", tiers) == "enterprise");
    CHECK(rl::nearest("fere", tiers) == "free");  // neighbours swapped: one slip, not two
  }

  TEST_CASE("nothing is offered when nothing is near") {
    const std::vector<std::string> tiers = {"free", "premium"};
    CHECK_FALSE(rl::nearest("gold", tiers).has_value());
    CHECK_FALSE(rl::nearest("", tiers).has_value());
    CHECK_FALSE(rl::nearest(std::string(1000, 'x'), tiers).has_value());
  }
}
