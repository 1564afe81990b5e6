#include "rl/admission/admission.h"

#include <doctest/doctest.h>

#include "rl/base/manual_clock.h"
#include "rl/config/policy_file.h"
#include "rl/health/health_register.h"
#include "rl/store/memory/memory_store.h"

using namespace std::chrono_literals;

namespace {

constexpr char kPolicy[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 10
burst = 20
degraded = 2
[tiers.pro]
[[tiers.pro.limits]]
window = "1m"
base = 100
[[tiers.pro.limits]]
window = "1s"
base = 5
[tiers.team]
[[tiers.team.limits]]
name = "shared"
window = "1m"
base = 3
scope = "user"
[tiers.root]
unlimited = true
[tiers.trial]
[[tiers.trial.limits]]
name = "watch"
window = "1m"
base = 1
enforce = false
[[routes]]
match = "POST /v1/render"
cost = 5
[[routes.limits]]
window = "1h"
base = 7
[[global.limits]]
window = "1h"
base = 200
)";

/// A whole admission on a virtual clock.
struct House {
  rl::ManualClock clock;
  rl::PolicyRegister policies{rl::parse_policy(kPolicy, "test.toml").value()};
  rl::HealthRegister health{clock};
  rl::MemoryStore store{clock, {}};
  rl::DecisionCounters counters;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters}};

  rl::Outcome ask(const std::string& tier, const std::string& key = "k:1",
                  const rl::RequestTarget& target = {.method = "GET", .path = "/"},
                  rl::Mode mode = rl::Mode::kAcquire) const {
    const rl::Caller caller{.user_id = 1,
                            .user_name = "u",
                            .key_id = "1",
                            .tier = tier,
                            .key_owner = key,
                            .user_owner = "u:1"};
    return admission.decide(caller, target, mode).value();
  }
};

}  // namespace

TEST_SUITE("admission") {
  TEST_CASE("burst holds while NORMAL and degraded from the switch on") {
    House house;
    for (int i = 0; i < 20; ++i) {
      REQUIRE(house.ask("free").allowed);
    }
    CHECK_FALSE(house.ask("free").allowed);
    CHECK(house.ask("free").binding()->decision.limit == 20);
    static_cast<void>(house.health.set({.state = rl::HealthState::kDegraded}));
    const rl::Outcome denied = house.ask("free");
    CHECK_FALSE(denied.allowed);
    CHECK(denied.binding()->decision.limit == 2);
    CHECK(denied.health.version == 2);
    CHECK(house.ask("free", "k:2").binding()->decision.remaining == 1);
  }

  TEST_CASE("a denial by one rule consumes nothing under the others") {
    House house;
    for (int i = 0; i < 5; ++i) {
      REQUIRE(house.ask("pro").allowed);
    }
    const rl::Outcome denied = house.ask("pro");
    CHECK_FALSE(denied.allowed);
    CHECK(denied.binding()->rule->name == "1s");
    CHECK(denied.rules()[0].decision.remaining == 95);
    CHECK(house.counters.total().allowed == 5);
    CHECK(house.counters.total().denied == 1);
  }

  TEST_CASE("the binding rule of an admission has the smallest remaining") {
    House house;
    CHECK(house.ask("pro").binding()->rule->name == "1s");
    const rl::RequestTarget four{.method = "GET", .path = "/", .cost = 4};
    for (int i = 0; i < 24; ++i) {
      REQUIRE(house.ask("pro", "k:2", four).binding()->rule->name == "1s");
      house.clock.advance(2s);
    }
    CHECK(house.ask("pro", "k:2", four).binding()->rule->name == "1m");
  }

  TEST_CASE("the binding rule of a denial has the longest retry-after") {
    House house;
    REQUIRE(house.ask("free", "k:1", {.method = "POST", .path = "/v1/render"}).allowed);
    const rl::Outcome denied = house.ask("free", "k:1", {.method = "POST", .path = "/v1/render"});
    CHECK_FALSE(denied.allowed);
    CHECK(denied.binding()->rule->id == "r/POST /v1/render/1h");
    CHECK(denied.binding()->decision.retry_after == 1h);
  }

  TEST_CASE("a route has its cost and a request may name another") {
    House house;
    CHECK(house.ask("pro", "k:1", {.method = "POST", .path = "/v1/render"}).cost == 5);
    CHECK(house.ask("pro", "k:2", {.method = "POST", .path = "/v1/render", .cost = 2}).cost == 2);
    CHECK(house.ask("pro", "k:3", {.method = "GET", .path = "/v1/render"}).cost == 1);
  }

  TEST_CASE("keys of one user share what is counted per user and global limits count everyone") {
    House house;
    CHECK(house.ask("team", "k:1").allowed);
    CHECK(house.ask("team", "k:2").allowed);
    CHECK(house.ask("team", "k:3").allowed);
    CHECK_FALSE(house.ask("team", "k:4").allowed);
    CHECK(house.ask("free", "k:5").rules()[1].decision.remaining == 196);
  }

  TEST_CASE("an unlimited tier is under the global limits alone and a shadow rule binds nobody") {
    House house;
    CHECK(house.ask("root").binding()->rule->name == "1h");
    for (int i = 0; i < 3; ++i) {
      const rl::Outcome outcome = house.ask("trial");
      CHECK(outcome.allowed);
      CHECK(outcome.binding()->rule->id == "g/1h");
      CHECK(outcome.rules()[0].decision.allowed == (i == 0));
    }
  }

  TEST_CASE("a peek neither consumes nor counts") {
    House house;
    for (int i = 0; i < 30; ++i) {
      CHECK(house.ask("free", "k:1", {.method = "GET", .path = "/"}, rl::Mode::kPeek).allowed);
    }
    CHECK(house.counters.total().allowed == 0);
    CHECK(house.ask("free").binding()->decision.remaining == 19);
  }

  TEST_CASE("a caller whose tier has gone gets the default tier") {
    House house;
    CHECK(house.ask("platinum").tier->name == "free");
  }
}
