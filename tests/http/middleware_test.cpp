#include "rl/http/middleware.h"

#include "tests/http/house.h"

using namespace std::chrono_literals;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;

namespace {

constexpr char kFree[] = "rlk_demo_free";

/// A server beside the house's, with one limited route that counts how often its handler ran.
struct Counted {
  explicit Counted(House& house) : server({.name = "counted", .threads = 1}, house.log) {
    server.post("/work", house.middleware.limit([this](const auto&, auto& response) {
      ++runs;
      response.status = 202;
      response.set_header("X-Own", "kept");
      response.set_content("done", "text/plain");
    }));
    server.start();
  }

  rl::client::HttpReply work(const rl::client::HeaderList& headers) {
    return House::send(connection, {.method = "POST", .target = "/work", .headers = headers});
  }

  std::atomic<int> runs = 0;
  rl::http::Server server;
  rl::client::HttpConnection connection{server.bind({"127.0.0.1", 0}).value(), 3s};
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a free key gets 20 answers in a minute and then a denial") {
    House house;
    for (int i = 1; i <= 20; ++i) {
      const auto reply = house.get_as(kFree, "/test");
      REQUIRE(reply.status == 200);
      REQUIRE(header_of(reply, "X-RateLimit-Remaining") == std::to_string(20 - i));
    }
    const auto reply = house.get_as(kFree, "/test");
    const auto problem = problem_of(reply, 429);
    CHECK(problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded");
    CHECK(problem["violated-policies"] == nlohmann::json{"1m"});
    CHECK(problem["retry_after_seconds"] == 60);
    CHECK(header_of(reply, "Retry-After") == "60");
    CHECK(header_of(reply, "Cache-Control") == "no-store");
    house.clock.advance(60s - 1us);
    CHECK(header_of(house.get_as(kFree, "/test"), "Retry-After") == "1");
    house.clock.advance(1us);
    CHECK(house.get_as(kFree, "/test").status == 200);
  }

  TEST_CASE("an answer and a denial carry the same headers once each") {
    House house;
    house.health.set({.state = rl::HealthState::kDegraded});
    for (const int status : {200, 200, 429}) {
      const auto reply = house.get_as(kFree, "/test");
      CHECK(reply.status == status);
      CHECK(header_of(reply, "X-RateLimit-Limit") == "2");
      CHECK(header_of(reply, "X-RateLimit-Reset") == "1767225660");
      CHECK(header_of(reply, "RateLimit-Policy") == "\"1m\";q=2;w=60");
      CHECK(header_of(reply, "X-RateLimit-Context") ==
            "tier=free;state=DEGRADED;health=2;policy=1;store=memory");
      CHECK(header_of(reply, "Date") == "Thu, 01 Jan 2026 00:00:00 GMT");
      for (const std::string name :
           {"X-RateLimit-Remaining", "RateLimit", "Date", "Content-Type"}) {
        CAPTURE(name);
        CHECK(std::count_if(reply.headers.begin(), reply.headers.end(),
                            [&](const auto& field) { return field.first == name; }) == 1);
      }
    }
  }

  TEST_CASE("a request without a valid key is told how to do better and takes nothing") {
    House house;
    const auto none = house.get("/test");
    CHECK(problem_of(none, 401)["detail"] == "send your API key in the header X-API-Key");
    CHECK(header_of(none, "WWW-Authenticate") == "Bearer realm=\"rl\"");
    const auto unknown = house.get_as("rlk_secret", "/test");
    CHECK(problem_of(unknown, 401)["detail"] == "this API key is not known");
    CHECK(header_of(unknown, "WWW-Authenticate") == "Bearer realm=\"rl\"");
    CHECK(unknown.body.find("rlk_secret") == std::string::npos);
    const auto two =
        house.get("/test", {{"X-API-Key", kFree}, {"Authorization", "Bearer rlk_demo_pro"}});
    problem_of(two, 400);
    CHECK_FALSE(two.header("WWW-Authenticate").has_value());
    for (const auto* const reply : {&none, &unknown, &two}) {
      CHECK_FALSE(reply->header("X-RateLimit-Limit").has_value());
      CHECK_FALSE(reply->header("X-RateLimit-Context").has_value());
    }
    CHECK(house.counters.unauthenticated() == 3);
    CHECK(house.counters.total().allowed == 0);
    CHECK(house.store.stats().buckets == 0);
  }

  TEST_CASE("a bearer key counts in the same bucket as the header") {
    House house;
    CHECK(header_of(house.get_as(kFree, "/test"), "X-RateLimit-Remaining") == "19");
    CHECK(header_of(house.get("/test", {{"Authorization", "Bearer rlk_demo_free"}}),
                    "X-RateLimit-Remaining") == "18");
  }

  TEST_CASE("the handler runs for each admitted request and for no other") {
    House house;
    house.health.set({.state = rl::HealthState::kDegraded});
    Counted counted(house);
    CHECK(counted.work({}).status == 401);
    CHECK(counted.work({{"X-API-Key", "nobody"}}).status == 401);
    CHECK(counted.runs == 0);
    const auto done = counted.work({{"X-API-Key", kFree}});
    CHECK(done.status == 202);
    CHECK(done.body == "done");
    CHECK(header_of(done, "X-Own") == "kept");
    CHECK(header_of(done, "X-RateLimit-Remaining") == "1");
    CHECK(counted.work({{"X-API-Key", kFree}}).status == 202);
    CHECK(counted.runs == 2);
    const auto denied = counted.work({{"X-API-Key", kFree}});
    CHECK(denied.status == 429);
    CHECK_FALSE(denied.header("X-Own").has_value());
    CHECK(counted.runs == 2);
  }

  TEST_CASE("the rules of a route are those of the request's own method and path") {
    House house(rl::test::policy_of(R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 100
[[routes]]
match = "GET /limit"
cost = 7
[[routes.limits]]
window = "1h"
base = 10
)"));
    CHECK(header_of(house.get_as(kFree, "/test"), "RateLimit-Policy") == "\"1m\";q=100;w=60");
    const auto reply = house.get_as(kFree, "/limit?route=/test&cost=1");
    CHECK(header_of(reply, "RateLimit-Policy") == "\"1m\";q=100;w=60, \"route:1h\";q=10;w=3600");
    CHECK(header_of(reply, "RateLimit") == "\"1m\";r=92;t=60, \"route:1h\";r=3;t=3600");
    CHECK(house.get_as(kFree, "/limit").status == 429);
    CHECK(header_of(house.get_as(kFree, "/test"), "RateLimit") == "\"1m\";r=91;t=60");
  }

  TEST_CASE("an unlimited tier passes with the context alone") {
    House house(
        rl::test::policy_of("version = 1\ndefault_tier = \"root\"\n[tiers.root]\n"
                            "unlimited = true\n"));
    const auto reply = house.get_as("rlk_demo_root", "/test");
    CHECK(reply.status == 200);
    CHECK_FALSE(reply.header("X-RateLimit-Limit").has_value());
    CHECK(header_of(reply, "X-RateLimit-Context") ==
          "tier=root;state=NORMAL;health=1;policy=1;store=memory");
  }

  TEST_CASE("a HEAD request is limited like the GET that it stands for") {
    House house;
    const auto reply =
        house.ask({.method = "HEAD", .target = "/test", .headers = {{"X-API-Key", kFree}}});
    CHECK(reply.status == 200);
    CHECK(reply.body.empty());
    CHECK(header_of(reply, "X-RateLimit-Remaining") == "19");
  }

  TEST_CASE("a store that cannot be reached is 503 and lets nobody through") {
    class Unreachable final : public rl::Store {
     public:
      rl::Result<std::string_view> decide(std::span<const rl::Charge>, rl::Mode,
                                          std::span<rl::Decision>) override {
        return rl::fail("connection refused by 10.0.0.7:6379");
      }
      rl::StoreStats stats() const override { return {}; }
      std::string_view kind() const override { return "none"; }
    };
    House house;
    Unreachable store;
    const rl::Admission admission({.policies = house.policies,
                                   .health = house.health.word(),
                                   .store = store,
                                   .clock = house.clock,
                                   .counters = house.counters});
    const rl::http::Middleware middleware(house.identity, admission, house.counters);
    httplib::Request request;
    request.headers.emplace("X-API-Key", kFree);
    httplib::Response response;
    bool ran = false;
    middleware.limit([&](const auto&, auto&) { ran = true; })(request, response);
    CHECK_FALSE(ran);
    CHECK(response.status == 503);
    CHECK(response.get_header_value("Content-Type") == "application/problem+json");
    CHECK(response.body.find("10.0.0.7") == std::string::npos);
  }
}
