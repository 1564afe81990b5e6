#include "rl/http/check_request.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using rl::http::parse_route;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// GET /v1/check with that query and those headers.
struct Asked {
  Asked(const std::string& query, Fields with, const std::string& peer) : headers(std::move(with)) {
    ends.peer_ip = peer;
    head.method = "GET";
    head.target = "/v1/check?" + query;
    for (const auto& [name, value] : headers) {
      head.fields.push_back({.name = name, .value = value});
    }
  }
  Asked(const Asked&) = delete;  // the head has views into the headers
  Asked& operator=(const Asked&) = delete;

  const Fields headers;
  rl::http::RequestHead head;
  rl::http::Ends ends;
};

Asked request_of(const std::string& query, const Fields& headers = {},
                 const std::string& peer = "127.0.0.1") {
  return {query, headers, peer};
}

auto parsed(const Asked& asked) {
  return rl::http::parse_check_request(
      {.head = asked.head, .ends = asked.ends, .path = "/v1/check"});
}

/// "METHOD PATH" as it was understood, or the status of the refusal.
std::string route_of(const Asked& request) {
  const auto asked = parsed(request);
  return asked ? asked->method + " " + asked->path : std::to_string(asked.error().status);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a route is a method and a path or a path alone") {
    struct Row {
      std::string text;
      std::string method;  ///< empty: not a route
      std::string path;
    };
    const std::string longest = "/" + std::string(8191, 'a');
    const Row rows[] = {
        {"/", "GET", "/"},
        {"/a/b", "GET", "/a/b"},
        {"GET /a", "GET", "/a"},
        {"POST /v1/transcribe?x=1", "POST", "/v1/transcribe"},
        {"/a?b=c d", "GET", "/a"},
        {"PROPFIND /a", "PROPFIND", "/a"},
        {"GET /a b", "GET", "/a b"},  // the path as it is when decoded
        {"/a b", "GET", "/a b"},
        {"/a /b", "GET", "/a /b"},
        {"GET /\xC3\xA9", "GET", "/\xC3\xA9"},
        {"GET " + longest, "GET", longest},
        {std::string(32, 'M') + " /", std::string(32, 'M'), "/"},
        {"", "", ""},
        {" ", "", ""},
        {" /a", "", ""},
        {"a", "", ""},
        {"GET", "", ""},
        {"GET ", "", ""},
        {"GET a", "", ""},
        {"GET  /a", "", ""},
        {"GET ?x", "", ""},
        {"get /a", "", ""},
        {"G\xC3\x89T /a", "", ""},
        {"GET1 /a", "", ""},
        {"* /a", "", ""},
        {"GET http://h/a", "", ""},
        {"GET /a\n", "", ""},
        {"GET /a\x7f", "", ""},
        {std::string("GET /\0a", 7), "", ""},
        {"GET " + longest + "a", "", ""},
        {std::string(33, 'M') + " /", "", ""},
    };
    for (const Row& row : rows) {
      CAPTURE(row.text);
      const auto route = parse_route(row.text);
      REQUIRE(route.has_value() == !row.method.empty());
      if (route) {
        CHECK(route->first == row.method);
        CHECK(route->second == row.path);
      }
    }
  }

  TEST_CASE("the route is what the proxy forwards or else what the query says") {
    const Fields forwarded = {{"X-Forwarded-Method", "POST"}, {"X-Forwarded-Uri", "/f?x=1"}};
    const Fields original = {{"X-Original-Method", "PUT"}, {"X-Original-URI", "/o?x=1"}};
    Fields both = forwarded;
    both.insert(both.end(), original.begin(), original.end());
    CHECK(route_of(request_of("", forwarded)) == "POST /f");
    CHECK(route_of(request_of("", original)) == "PUT /o");
    CHECK(route_of(request_of("", both)) == "400");  // one of them is the client's
    const Fields same = {{"X-Forwarded-Uri", "/s"}, {"X-Original-URI", "/s"}};
    CHECK(route_of(request_of("", same)) == "GET /s");  // no matter whose it is
    CHECK(route_of(request_of("route=DELETE+/q", forwarded)) == "POST /f");
    CHECK(route_of(request_of("route=DELETE+/q")) == "DELETE /q");
    CHECK(route_of(request_of("route=/q%3Fx")) == "GET /q");
    CHECK(route_of(request_of("")) == "GET /");
    CHECK(route_of(request_of("", {{"X-Forwarded-Uri", "/f"}})) == "GET /f");
    CHECK(route_of(request_of("", {{"X-Original-URI", "/o"}})) == "GET /o");
    CHECK(route_of(request_of("route=/q", {{"X-Forwarded-Method", "POST"}})) == "GET /q");
    CHECK(route_of(request_of("", {{"X-Forwarded-Uri", "/a b"}})) == "GET /a%20b");
    CHECK(route_of(request_of("", {{"X-Forwarded-Uri", "/\xC3\xA9\n"}})) == "GET /%C3%A9%0A");
    CHECK(route_of(request_of("", {{"X-Forwarded-Uri", "/~\x7f"}})) == "GET /~%7F");
  }

  TEST_CASE("forwarded headers count only from a peer on this machine") {
    const Fields forwarded = {{"X-Forwarded-Method", "POST"},
                              {"X-Forwarded-Uri", "/f"},
                              {"REMOTE_ADDR", "127.0.0.1"},
                              {"X-Forwarded-For", "127.0.0.1"}};
    for (const std::string peer : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
      CAPTURE(peer);
      CHECK(route_of(request_of("route=/q", forwarded, peer)) == "POST /f");
    }
    for (const std::string peer : {"10.0.0.7", "128.0.0.1", "::2", "::ffff:10.0.0.7", ""}) {
      CAPTURE(peer);
      CHECK(route_of(request_of("route=/q", forwarded, peer)) == "GET /q");
      CHECK(route_of(request_of("", forwarded, peer)) == "GET /");
    }
  }

  TEST_CASE("a route that is none is refused wherever it stands") {
    CHECK(route_of(request_of("route=nowhere")) == "400");
    CHECK(route_of(request_of("route=get+/a")) == "400");
    CHECK(route_of(request_of("", {{"X-Forwarded-Uri", "nowhere"}})) == "400");
    CHECK(route_of(request_of("", {{"X-Forwarded-Uri", ""}})) == "400");
    CHECK(route_of(request_of("", {{"X-Forwarded-Method", "a b"}, {"X-Forwarded-Uri", "/"}})) ==
          "400");
    CHECK(route_of(request_of("", {{"X-Original-Method", "get"}, {"X-Original-URI", "/"}})) ==
          "400");
  }

  TEST_CASE("a cost is a whole number of units up to a million") {
    struct Row {
      std::string text;
      int cost;  ///< -1: refused
    };
    const Row rows[] = {{"0", 0},
                        {"1", 1},
                        {"007", 7},
                        {"42", 42},
                        {"1000000", 1'000'000},
                        {"1000001", -1},
                        {"-1", -1},
                        {"%2B1", -1},
                        {"", -1},
                        {"1.5", -1},
                        {"1e3", -1},
                        {"0x10", -1},
                        {"5u", -1},
                        {"+5", -1},
                        {"five", -1},
                        {"4294967296", -1},
                        {"99999999999999999999", -1}};
    for (const Row& row : rows) {
      CAPTURE(row.text);
      const auto asked = parsed(request_of("cost=" + row.text));
      REQUIRE(asked.has_value() == (row.cost >= 0));
      if (asked) {
        CHECK(asked->cost == static_cast<std::uint32_t>(row.cost));
      } else {
        CHECK(asked.error().status == 400);
      }
    }
    CHECK_FALSE(parsed(request_of("")).value().cost.has_value());
  }

  TEST_CASE("a denial is 429 or what the proxy can pass") {
    CHECK(parsed(request_of("")).value().denied_status == 429);
    CHECK(parsed(request_of("deny_status=429")).value().denied_status == 429);
    CHECK(parsed(request_of("deny_status=403")).value().denied_status == 403);
    for (const std::string bad : {"", "200", "401", "404", "0403", "+403", "4030", "forbidden"}) {
      CAPTURE(bad);
      const auto asked = parsed(request_of("deny_status=" + bad));
      REQUIRE_FALSE(asked.has_value());
      CHECK(asked.error().status == 400);
    }
  }
}
