#include "rl/load/health_switch.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/load/fake_server.h"

using namespace std::chrono_literals;
using rl::load::SwitchSetup;
using rl::test::FakeServer;

namespace {

rl::Result<rl::Micros> switch_to(rl::HealthState state, const FakeServer& server,
                                 const std::string& token) {
  const rl::SystemClock clock;
  const rl::load::SleepingPacer pacer(clock);
  return rl::load::switch_health({.admin = server.address(),
                                  .token = token,
                                  .data = {server.address(), server.address()},
                                  .target = "/test",
                                  .probe_key = "rlk_demo_free.probe",
                                  .state = state,
                                  .patience = 100ms},
                                 clock, pacer, {});
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("a switch is over when a reply shows the acknowledged version") {
    const FakeServer server(20, 2);
    const auto took = switch_to(rl::HealthState::kDegraded, server, "secret");
    REQUIRE(took.has_value());
    CHECK(*took > 0us);
    CHECK(*took <= 5s);
  }

  TEST_CASE("a switch that is acknowledged and not followed is an error") {
    const FakeServer server(20, 2, {.ignore_switch = true});
    const auto took = switch_to(rl::HealthState::kDegraded, server, "secret");
    REQUIRE_FALSE(took.has_value());
    CHECK(took.error().message ==
          "DEGRADED version 2 was acknowledged but not seen within 100ms; last: NORMAL in version "
          "1");
  }

  TEST_CASE("the right state in an older version is not yet the switch") {
    const FakeServer server(20, 2, {.ignore_switch = true});
    const auto took = switch_to(rl::HealthState::kNormal, server, "secret");
    REQUIRE_FALSE(took.has_value());
    CHECK(took.error().message.ends_with("last: NORMAL in version 1"));
  }

  TEST_CASE("a switch that is refused is an error without the token") {
    const FakeServer server(20, 2);
    const auto took = switch_to(rl::HealthState::kDegraded, server, "guess-me");
    REQUIRE_FALSE(took.has_value());
    CHECK(took.error().message.starts_with("the server did not switch to DEGRADED: "));
    CHECK(took.error().message.find("guess-me") == std::string::npos);
  }
}
