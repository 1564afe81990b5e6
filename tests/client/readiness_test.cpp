#include "rl/client/readiness.h"

#include <doctest/doctest.h>

#include "tests/client/scripted_server.h"

using rl::client::AdminErrorKind;
using rl::client::ask_readiness;
using rl::test::ScriptedServer;

namespace {

constexpr rl::Micros kReadinessPatience = std::chrono::seconds{5};

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("a server that wants traffic is ready") {
    ScriptedServer server(ScriptedServer::always(200, R"({"status":"ready"})", "application/json"));
    const auto answer = ask_readiness(server.address(), kReadinessPatience);
    REQUIRE(answer.has_value());
    CHECK(answer->ready);
    CHECK(server.seen().at(0).target == "/readyz");
    CHECK_FALSE(server.seen().at(0).has_header("Authorization"));
  }

  TEST_CASE("a server that is stopping is not ready and says why") {
    ScriptedServer server(ScriptedServer::always(
        503, R"({"status":503,"detail":"this instance is stopping"})", "application/problem+json"));
    const auto answer = ask_readiness(server.address(), kReadinessPatience);
    REQUIRE(answer.has_value());
    CHECK_FALSE(answer->ready);
    CHECK(answer->why_not == "this instance is stopping");
  }

  TEST_CASE("what is no rlserver is told as such") {
    for (const int status : {404, 503}) {
      ScriptedServer server(ScriptedServer::always(status, "down", "text/plain"));
      const auto answer = ask_readiness(server.address(), kReadinessPatience);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().kind == AdminErrorKind::kFailed);
    }
    const rl::test::RawPeer nobody;
    const auto answer = ask_readiness(nobody.address(), kReadinessPatience);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == AdminErrorKind::kUnreachable);
  }
}
