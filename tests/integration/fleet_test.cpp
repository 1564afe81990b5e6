#include "tests/integration/fleet.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "rl/client/http_connection.h"

using rl::test::Fleet;
using rl::test::header;

namespace {

constexpr int kLimit = 300;
constexpr char kFleetTiers[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1h"
base = 300
)";
const rl::client::HttpRequest kRequest = {.target = "/test",
                                          .headers = {{"X-API-Key", "rlk_demo_free"}}};

/// What clients saw who sent at the same time.
struct Seen {
  std::map<int, int> statuses;
  std::multiset<std::string> remaining;  ///< as the admitted were told
  std::set<std::string> contexts;
  int broken = 0;  ///< requests without a reply
};

/// Clients with a connection each send one request after the other until they have sent so many;
/// once a hundred were answered, one of them calls `then`.
Seen send_at_once(
    const Fleet& fleet, int clients, int requests, const std::function<void()>& then = [] {}) {
  Seen seen;
  std::mutex mutex;
  std::atomic<int> left{requests};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      rl::client::HttpConnection connection(fleet.address(), std::chrono::seconds{30});
      while (left.fetch_sub(1) > 0) {
        const auto reply = connection.send(kRequest);
        if (answered.fetch_add(1) + 1 == 100) {
          then();
        }
        const std::lock_guard lock(mutex);
        if (!reply) {
          ++seen.broken;
          continue;
        }
        ++seen.statuses[reply->status];
        seen.contexts.insert(header(*reply, "X-RateLimit-Context"));
        if (reply->status == 200) {
          seen.remaining.insert(header(*reply, "X-RateLimit-Remaining"));
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return seen;
}

const std::string kContext = "tier=free;state=NORMAL;health=1;policy=1;store=redis";

}  // namespace

TEST_SUITE("integration") {
  TEST_CASE("B13: the fleet of compose.yaml tells one truth, whichever instance answers") {
    Fleet fleet(kFleetTiers);
    rl::client::HttpConnection connection(fleet.address(), std::chrono::seconds{30});
    std::set<std::int64_t> resets;
    for (int i = 1; i <= kLimit + 30; ++i) {
      const auto reply = connection.send(kRequest);
      REQUIRE(reply.has_value());
      CAPTURE(i);
      CHECK(reply->status == (i <= kLimit ? 200 : 429));
      CHECK(header(*reply, "X-RateLimit-Limit") == std::to_string(kLimit));
      CHECK(header(*reply, "X-RateLimit-Remaining") == std::to_string(std::max(0, kLimit - i)));
      CHECK(header(*reply, "X-RateLimit-Context") == kContext);
      CHECK(header(*reply, "Retry-After").empty() == (i <= kLimit));
      resets.insert(std::stoll(header(*reply, "X-RateLimit-Reset")));
    }
    CHECK(*resets.rbegin() - *resets.begin() <= 1);  // one moment, rounded up
    for (std::size_t i = 0; i < Fleet::kSize; ++i) {
      CHECK(fleet.decisions(i) == (kLimit + 30) / static_cast<int>(Fleet::kSize));
    }
  }

  TEST_CASE("B13: what the fleet admits below /proxy/ reaches the sample upstream, once counted") {
    Fleet fleet(kFleetTiers);
    for (int i = 1; i <= 6; ++i) {
      auto request = kRequest;
      request.target = "/proxy/hello?n=" + std::to_string(i);
      const auto reply = rl::test::ask(fleet.address(), request);
      CHECK(reply.status == 200);
      CHECK(reply.body == "GET /hello?n=" + std::to_string(i) + " for user 1 of tier free\n");
      CHECK(header(reply, "X-RateLimit-Remaining") == std::to_string(kLimit - i));
    }
    CHECK(rl::test::ask(fleet.address(), {.target = "/proxy/hello"}).status == 401);
  }

  TEST_CASE(
      "B9: clients at the same time get the limit of one key to the unit from three instances") {
    Fleet fleet(kFleetTiers);
    const Seen seen = send_at_once(fleet, 8, 2 * kLimit);
    CHECK(seen.broken == 0);
    CHECK(seen.statuses == std::map<int, int>{{200, kLimit}, {429, kLimit}});
    CHECK(seen.contexts == std::set<std::string>{kContext});
    std::multiset<std::string> each_once;
    for (int i = 0; i < kLimit; ++i) {
      each_once.insert(std::to_string(i));
    }
    CHECK(seen.remaining == each_once);
  }

  TEST_CASE("a switch of the health in mid-stream holds at once for all instances behind nginx") {
    Fleet fleet(std::string(kFleetTiers) + "degraded = 100\n");
    rl::client::HttpConnection connection(fleet.address(), std::chrono::seconds{30});
    const std::string degraded = "tier=free;state=DEGRADED;health=2;policy=1;store=redis";
    const Seen seen = send_at_once(fleet, 4, 150, [&] {
      const auto set = fleet.instance(1).rlctl({"health", "set", "degraded", "--wait"});
      CHECK_MESSAGE(set.status == 0, set.err);
      CHECK(set.out.find("followed by 3 of 3 instances") != std::string::npos);
    });
    CHECK(seen.broken == 0);
    for (const std::string& context : seen.contexts) {  // the one or the other, nothing between
      CHECK((context == kContext || context == degraded));
    }
    for (int i = 0; i < 30; ++i) {  // each of the three ten times
      const auto reply = connection.send(kRequest);
      REQUIRE(reply.has_value());
      CHECK(reply->status == 429);  // a hundred were counted before the switch
      CHECK(header(*reply, "X-RateLimit-Limit") == "100");
      CHECK(header(*reply, "X-RateLimit-Remaining") == "0");
      CHECK(header(*reply, "X-RateLimit-Context") == degraded);
    }
    const auto back = fleet.instance(2).rlctl({"health", "set", "normal", "--wait"});
    CHECK_MESSAGE(back.status == 0, back.err);
    int before = kLimit - seen.statuses.at(200);
    for (int i = 0; i < 30; ++i) {
      const auto reply = connection.send(kRequest);
      REQUIRE(reply.has_value());
      CHECK(reply->status == 200);
      CHECK(header(*reply, "X-RateLimit-Limit") == std::to_string(kLimit));
      CHECK(header(*reply, "X-RateLimit-Remaining") == std::to_string(--before));
    }
  }

  TEST_CASE(
      "B9: an instance that is killed under load costs nobody a request and admits none too many") {
    constexpr int kClients = 8;
    Fleet fleet(kFleetTiers);
    const Seen seen =
        send_at_once(fleet, kClients, 3 * kLimit, [&] { fleet.instance(1).signal(SIGKILL); });
    CAPTURE(fleet.log());
    fmt::print("killed under load: {} admitted of {}, {} denied, {} without an answer\n",
               seen.statuses.at(200), kLimit, seen.statuses.at(429), seen.broken);
    CHECK(seen.broken == 0);  // nginx asks another instance
    CHECK(seen.statuses.at(200) + seen.statuses.at(429) == 3 * kLimit);
    CHECK(seen.statuses.at(200) <= kLimit);
    // What the dead one had counted and not answered was counted again: one for each client at
    // most.
    CHECK(seen.statuses.at(200) >= kLimit - kClients);
    CHECK(seen.contexts == std::set<std::string>{kContext});
    CHECK(fleet.instance(1).wait() == 128 + SIGKILL);

    fleet.restart(1);
    CHECK(rl::test::eventually([&] {
      CHECK(rl::test::ask(fleet.address(), kRequest).status == 429);
      return fleet.decisions(1) > 0;
    }));
  }
}
