// The small rules of the gateway, each a function or a class of its own.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "rl/base/manual_clock.h"
#include "rl/http/gateway/merged_limits.h"
#include "rl/http/gateway/traceparent.h"
#include "rl/http/gateway/upstream_response.h"
#include "rl/http/gateway/upstream_url.h"
#include "rl/http/gateway/upstreams.h"
#include "rl/http/trusted_proxies.h"

using namespace std::chrono_literals;
using rl::http::HeaderFields;
using rl::http::TrustedProxies;
using rl::http::UpstreamResponse;
using rl::http::Upstreams;

namespace {

std::string value_of(const HeaderFields& fields, std::string_view name) {
  std::string values;
  for (const auto& [known, value] : fields) {
    if (known == name) {
      values += (values.empty() ? "" : " | ") + value;
    }
  }
  return values;
}

HeaderFields ours() {
  return {{"X-RateLimit-Limit", "20"},          {"X-RateLimit-Remaining", "10"},
          {"X-RateLimit-Reset", "1000"},        {"RateLimit", "\"1m\";r=10;t=60"},
          {"X-RateLimit-Context", "tier=free"}, {"Date", "ours"}};
}

HeaderFields merged(HeaderFields upstream) {
  rl::http::merge_limits(ours(), upstream);
  return upstream;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("E8: a traceparent is passed on when it is one") {
    struct Row {
      const char* text;
      bool valid;
    };
    const Row rows[] = {
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more", false},
        {"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false},
        {"00-00000000000000000000000000000000-00f067aa0ba902b7-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g", false},
        {"00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false},
        {"", false},
    };
    rl::SeededRandom random(1);
    for (const Row& row : rows) {
      CAPTURE(row.text);
      const auto trace = rl::http::next_trace(row.text, random);
      CHECK(trace.continued == row.valid);
      CHECK(trace.parent.size() == 55);
      CHECK((trace.parent.substr(3, 32) ==
             std::string(row.text).substr(0, 55).substr(row.valid ? 3 : 0, row.valid ? 32 : 0)) ==
            row.valid);
      CHECK(trace.parent.find("00f067aa0ba902b7") == std::string::npos);
      if (row.valid) {
        CHECK(trace.parent.substr(53) == std::string(row.text).substr(53, 2));
      }
    }
    const auto one = rl::http::next_trace({}, random);
    const auto other = rl::http::next_trace({}, random);
    CHECK_FALSE(one.continued);
    CHECK(one.parent != other.parent);
    CHECK(one.parent.ends_with("-01"));
  }

  TEST_CASE("the rate-limit fields of an upstream are kept or made stricter") {
    CHECK(value_of(merged({}), "X-RateLimit-Remaining") == "10");
    const auto stricter = merged({{"X-RateLimit-Limit", "5"},
                                  {"X-RateLimit-Remaining", "2"},
                                  {"X-RateLimit-Reset", "7"},
                                  {"RateLimit", "\"u\";r=2"},
                                  {"Retry-After", "9"},
                                  {"Date", "theirs"}});
    CHECK(value_of(stricter, "X-RateLimit-Limit") == "5");
    CHECK(value_of(stricter, "X-RateLimit-Remaining") == "2");
    CHECK(value_of(stricter, "X-RateLimit-Reset") == "7");
    CHECK(value_of(stricter, "RateLimit") == "\"1m\";r=10;t=60, \"u\";r=2");
    CHECK(value_of(stricter, "Retry-After") == "9");
    CHECK(value_of(stricter, "Date") == "theirs");
    CHECK(value_of(stricter, "X-RateLimit-Context") == "tier=free");
    const auto wider = merged({{"X-RateLimit-Limit", "500"}, {"X-RateLimit-Remaining", "200"}});
    CHECK(value_of(wider, "X-RateLimit-Limit") == "20");
    CHECK(value_of(wider, "X-RateLimit-Remaining") == "10");
    CHECK(value_of(merged({{"X-RateLimit-Remaining", "many"}}), "X-RateLimit-Remaining") == "10");
    HeaderFields off = {{"X-RateLimit-Remaining", "200"}};
    rl::http::merge_limits({{"Date", "ours"}}, off);
    CHECK(value_of(off, "X-RateLimit-Remaining") == "200");
  }

  TEST_CASE("networks of proxies are IPv4 or IPv6, with the bits that count") {
    const TrustedProxies local;
    CHECK(local.contains("127.0.0.1"));
    CHECK(local.contains("127.9.9.9"));
    CHECK(local.contains("::1"));
    CHECK(local.contains("::ffff:127.0.0.1"));
    CHECK_FALSE(local.contains("128.0.0.1"));
    CHECK_FALSE(local.contains("::2"));
    CHECK_FALSE(local.contains("localhost"));
    const auto some = TrustedProxies::parse({"10.1.0.0/15", "2001:db8::/33", "192.0.2.7"}).value();
    CHECK(some.contains("10.0.255.1"));
    CHECK(some.contains("10.1.0.1"));
    CHECK_FALSE(some.contains("10.2.0.1"));
    CHECK(some.contains("2001:db8:7fff::1"));
    CHECK_FALSE(some.contains("2001:db8:8000::1"));
    CHECK(some.contains("192.0.2.7"));
    CHECK_FALSE(some.contains("192.0.2.6"));
    CHECK_FALSE(some.contains("127.0.0.1"));
    CHECK_FALSE(TrustedProxies::parse({"none"}).value().contains("127.0.0.1"));
    for (const char* const bad : {"", "x", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0/8",
                                  "10.0.0.0/8x", "10.0.0.0/-1"}) {
      CAPTURE(bad);
      CHECK_FALSE(TrustedProxies::parse({bad}).has_value());
    }
  }

  TEST_CASE("the address of an upstream is a scheme, a host and maybe a path") {
    using rl::http::parse_upstream_url;
    CHECK(parse_upstream_url("http://a:1/b/c/").value().origin == "http://a:1");
    CHECK(parse_upstream_url("http://a:1/b/c/").value().base == "/b/c");
    CHECK(parse_upstream_url("https://[::1]").value().origin == "https://[::1]");
    CHECK(parse_upstream_url("https://[::1]/").value().base.empty());
    for (const char* const bad :
         {"", "a:1", "ftp://a", "http://", "http://u:p@a", "http://a/?b", "http://a/#b",
          "http://a b/", "http://a:99999", "http:///x", "http://[zz]", "http://a*b"}) {
      CAPTURE(bad);
      CHECK_FALSE(parse_upstream_url(bad).has_value());
    }
  }

  TEST_CASE("a path that leads out is seen in every spelling") {
    for (const char* const out : {"/..", "/../a", "/a/../../b", "/%2e%2e/a", "/.%2E",
                                  "/a%2f..%2F..", "/a/..\\..\\b", "/a//../..", "/./.."}) {
      CAPTURE(out);
      CHECK(rl::http::climbs_out(out));
    }
    for (const char* const in :
         {"/", "/a/..", "/a/../b", "/...", "/a?/../..", "/a/b/../..", "/..a"}) {
      CAPTURE(in);
      CHECK_FALSE(rl::http::climbs_out(in));
    }
  }

  TEST_CASE("an upstream that cannot be connected to is left out and tried again later") {
    rl::ManualClock clock;
    const rl::Log log(rl::LogLevel::kError);
    Upstreams upstreams({{"http://a", ""}, {"http://b", ""}}, clock, log);
    CHECK(upstreams.pick() == 0);
    CHECK(upstreams.pick() == 1);
    CHECK(upstreams.pick({0}) == 1);
    CHECK_FALSE(upstreams.pick({0, 1}).has_value());
    for (int i = 0; i < 2; ++i) {
      upstreams.note_failure(0, "");
    }
    upstreams.note_connected(0);  // what counts is failures in a row
    for (int i = 0; i < 2; ++i) {
      upstreams.note_failure(0, "");
    }
    CHECK(upstreams.is_in(0));
    upstreams.note_failure(0, "");
    CHECK_FALSE(upstreams.is_in(0));
    for (int i = 0; i < 4; ++i) {
      CHECK(upstreams.pick() == 1);
    }
    CHECK(upstreams.pick({1}) == 0);  // rather than nobody
    clock.advance(Upstreams::kOut);
    std::vector<std::size_t> picked;
    for (int i = 0; i < 4; ++i) {
      picked.push_back(*upstreams.pick());
    }
    CHECK(std::count(picked.begin(), picked.end(), 0) == 1);  // its trial
    clock.advance(Upstreams::kOut);
    upstreams.note_failure(0, "");  // in vain
    CHECK(upstreams.pick() == 1);
    upstreams.note_connected(0);
    CHECK(upstreams.is_in(0));
    CHECK(*upstreams.pick() + *upstreams.pick() == 1);
  }

  TEST_CASE("the head of a response is bounded") {
    UpstreamResponse response("GET");
    CHECK(response.feed("HTTP/1.1 200 OK\r\n") == UpstreamResponse::State::kHead);
    int fields = 0;
    while (fields < 1000 && response.feed("A: b\r\n") == UpstreamResponse::State::kHead) {
      ++fields;
    }
    CHECK(fields == 201);
    UpstreamResponse large("GET");
    large.feed("HTTP/1.1 200 OK\r\n");
    CHECK(large.feed("A: " + std::string(70'000, 'x') + "\r\n") ==
          UpstreamResponse::State::kRefused);
  }
}
