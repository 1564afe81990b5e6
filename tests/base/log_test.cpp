#include "rl/base/log.h"

#include <doctest/doctest.h>

TEST_SUITE("base") {
  TEST_CASE("a log line is an event and its fields") {
    CHECK(rl::render_log_line(rl::LogFormat::kText, "listening",
                              {{"port", 8080}, {"host", "::1"}}) == "listening port=8080 host=::1");
  }

  TEST_CASE("a value cannot forge a second line or field") {
    CHECK(rl::render_log_line(rl::LogFormat::kText, "x", {{"path", "a\nb c=d"}}) ==
          R"(x path="a\nb c=d")");
  }

  TEST_CASE("a JSON line carries the same fields") {
    CHECK(rl::render_log_line(rl::LogFormat::kJson, "x", {{"a", "say \"hi\""}, {"b", "\xff"}}) ==
          "\"event\":\"x\",\"a\":\"say \\\"hi\\\"\",\"b\":\"\\ufffd\"");
  }
}
