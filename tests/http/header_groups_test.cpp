#include "rl/http/header_groups.h"

#include <algorithm>
#include <vector>

#include "rl/http/rate_headers.h"
#include "tests/http/house.h"

using namespace std::chrono_literals;
using rl::http::HeaderGroups;
using rl::http::parse_header_groups;
using rl::test::House;

namespace {

/// Which groups a response carries, as --headers would name them.
std::string groups_in(const rl::client::HttpReply& reply) {
  struct Row {
    const char* group;
    std::vector<const char*> headers;
  };
  const Row rows[] = {
      {"x-ratelimit", {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}},
      {"ratelimit", {"RateLimit", "RateLimit-Policy"}},
      {"context", {"X-RateLimit-Context"}},
      {"server-timing", {"Server-Timing"}},
  };
  std::string list;
  for (const Row& row : rows) {
    const auto there = std::count_if(row.headers.begin(), row.headers.end(), [&](const char* name) {
      return reply.header(name).has_value();
    });
    CHECK((there == 0 || there == static_cast<std::ptrdiff_t>(row.headers.size())));
    list += there == 0 ? "" : (list.empty() ? "" : ",") + std::string(row.group);
  }
  return list.empty() ? "none" : list;
}

/// The data API of a house, with other headers.
struct Front {
  Front(House& house, const HeaderGroups& groups)
      : middleware(house.identity, house.admission, house.counters, groups),
        server({.name = "front", .threads = 1}, house.log) {
    rl::http::mount_data_api(server, middleware, house.policies);
    server.start();
  }

  rl::client::HttpReply get(const std::string& target) {
    return House::send(connection, {.target = target, .headers = {{"X-API-Key", "rlk_demo_free"}}});
  }

  rl::http::Middleware middleware;
  rl::http::Server server;
  rl::client::HttpConnection connection{server.bind({"127.0.0.1", 0}).value(), 3s};
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a list of header groups is read whole or refused") {
    const std::pair<const char*, bool> rows[] = {
        {"none", true},
        {"x-ratelimit", true},
        {"context,x-ratelimit", true},
        {"x-ratelimit,ratelimit,context,server-timing", true},
        {"ratelimit,ratelimit", true},
        {"", false},
        {"none,context", false},
        {"context,", false},
        {",context", false},
        {"Context", false},
        {"context, ratelimit", false},
        {"retry-after", false},
    };
    for (const auto& [list, good] : rows) {
      CAPTURE(list);
      CHECK(parse_header_groups(list).has_value() == good);
    }
    const HeaderGroups two = parse_header_groups("context,ratelimit").value();
    CHECK(two.context);
    CHECK(two.ratelimit);
    CHECK_FALSE(two.x_ratelimit);
    CHECK_FALSE(two.server_timing);
  }

  TEST_CASE("every path carries the header groups that are on and no other") {
    for (const std::string list :
         {"none", "x-ratelimit", "ratelimit", "context", "server-timing", "x-ratelimit,context",
          "x-ratelimit,ratelimit,context,server-timing"}) {
      CAPTURE(list);
      House house;
      house.health.set({.state = rl::HealthState::kDegraded});  // two a minute
      Front front(house, parse_header_groups(list).value());
      const std::pair<const char*, int> asked[] = {
          {"/test", 200},
          {"/v1/check", 200},
          {"/test", 429},
          {"/v1/check", 429},
          {"/v1/check?deny_status=403", 403},
          {"/ping?user_id=a", 200},
          {"/ping?user_id=a", 200},
          {"/ping?user_id=a", 429},
      };
      for (const auto& [target, status] : asked) {
        CAPTURE(target);
        const auto reply = front.get(target);
        CHECK(reply.status == status);
        CHECK(groups_in(reply) == list);
        CHECK(reply.header("Date").has_value());
        CHECK(reply.header("Retry-After").has_value() == (status != 200));
      }
    }
  }

  TEST_CASE("the time of a decision is told in milliseconds") {
    House house;
    auto outcome = house.admission
                       .decide(**house.identity.find_key("rlk_demo_free"),
                               {.method = "GET", .path = "/"}, rl::Mode::kPeek)
                       .value();
    outcome.took = 1234us;
    const auto fields =
        rl::http::rate_headers(outcome, parse_header_groups("server-timing").value());
    CHECK(std::count(fields.begin(), fields.end(),
                     std::pair<std::string, std::string>("Server-Timing", "rl;dur=1.234")) == 1);
  }
}
