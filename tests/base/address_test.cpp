#include "rl/base/address.h"

#include <doctest/doctest.h>

TEST_SUITE("base") {
  TEST_CASE("an address is host and port") {
    CHECK(rl::parse_address("127.0.0.1:8080").value().to_string() == "127.0.0.1:8080");
    CHECK(rl::parse_address("[::1]:80").value().host == "::1");
    CHECK(rl::parse_address("[::1]:80").value().to_string() == "[::1]:80");
    CHECK(rl::parse_address(":0").value().host == "0.0.0.0");
  }

  TEST_CASE("what is not an address is refused") {
    for (const std::string_view text :
         {"", "localhost", "localhost:", "a:b", "a:65536", "a:-1", "::1:80", "a:8 "}) {
      CAPTURE(text);
      CHECK_FALSE(rl::parse_address(text).has_value());
    }
  }

  TEST_CASE("loopback is known by its address") {
    CHECK(rl::Address{"127.0.0.1", 1}.is_loopback());
    CHECK(rl::Address{"::1", 1}.is_loopback());
    CHECK(rl::Address{"::ffff:127.0.0.1", 1}.is_loopback());
    CHECK(rl::Address{"localhost", 1}.is_loopback());
    CHECK_FALSE(rl::Address{"::ffff:10.0.0.1", 1}.is_loopback());
    CHECK_FALSE(rl::Address{"127.example.com", 1}.is_loopback());
    CHECK_FALSE(rl::Address{"0.0.0.0", 1}.is_loopback());
    CHECK_FALSE(rl::Address{"10.0.0.1", 1}.is_loopback());
  }
}
