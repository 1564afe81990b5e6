#include <doctest/doctest.h>

#include <string>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::eventually;
using rl::test::RlServer;
using rl::test::TemporaryDirectory;

namespace {

nlohmann::json status_of(const RlServer& server, const std::string& section) {
  return rl::test::parse_json(server.rlctl({"status", "-o", "json"}).out)[section];
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("the rates follow the requests and counters that are idle leave") {
    const TemporaryDirectory directory;
    const std::string tiers = put(directory, "tiers.toml",
                                  "version = 1\ndefault_tier = \"short\"\n"
                                  "[tiers.short]\n[[tiers.short.limits]]\n"
                                  "window = \"100ms\"\nbase = 1\n");
    const RlServer server({.tiers = tiers});
    CHECK(eventually([&] {
      server.get("/test", "rlk_demo_short");
      server.get("/test", "rlk_demo_short");
      const auto rates = status_of(server, "rates");
      return rates["requests_per_second"] > 0 && rates["denied_per_second"] > 0;
    }));
    CHECK(eventually([&] { return status_of(server, "store")["expired"] > 0; }));
    CHECK(status_of(server, "store")["buckets"] == 0);
    CHECK(server.log().empty());
  }

  TEST_CASE("a store that is full stays within its bound and the log says what was forgotten") {
    const RlServer server({.flags = {"--max-buckets", "64"}});
    const int most = status_of(server, "store")["max_buckets"];
    REQUIRE(most == 64);
    rl::client::HttpConnection connection(server.data(), std::chrono::seconds{20});
    for (int i = 0; i < 10 * 64; ++i) {
      const auto reply = connection.send({.target = fmt::format("/ping?user_id={}", i)});
      REQUIRE(reply.has_value());
      REQUIRE(reply->status == 200);
    }
    CHECK(status_of(server, "store")["buckets"] <= most);
    CHECK(eventually([&] {
      return contains(server.log(), "the store is full: live counters were forgotten count=");
    }));
    CHECK(contains(server.log(), "max_buckets=64 max_bytes="));
    CHECK(contains(server.log(), "hint=\"raise --max-buckets or --max-memory\"\n"));
  }
}
