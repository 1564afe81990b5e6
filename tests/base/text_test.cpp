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

  TEST_CASE("text is clipped between characters, never inside one") {
    CHECK(rl::clip("abc", 3) == "abc");
    CHECK(rl::clip("abc", 2) == "ab");
    CHECK(rl::clip("a\u00e9b", 3) == "a\u00e9");
    CHECK(rl::clip("a\u00e9b", 2) == "a");
    CHECK(rl::clip("\U0001F600", 3).empty());
    CHECK(rl::clip("\x80\x80", 1).empty());  // not UTF-8 at all: still inside its bounds
  }
}
