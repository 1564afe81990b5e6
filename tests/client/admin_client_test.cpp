#include "rl/client/admin_client.h"

#include <doctest/doctest.h>

#include "rl/client/record_json.h"
#include "tests/client/samples.h"
#include "tests/client/scripted_server.h"

namespace {

using namespace rl::client;
using rl::HealthState;
using rl::test::ScriptedServer;

constexpr rl::Micros kPatience = std::chrono::seconds{5};
constexpr char kToken[] = "s3cret";
constexpr char kJson[] = "application/json";
constexpr char kProblem[] = "application/problem+json";

ScriptedServer::Answer ok(const char* body) {
  return ScriptedServer::always(200, body, kJson);
}

TEST_SUITE("client") {
  TEST_CASE("reading the health asks with the token") {
    ScriptedServer server(ok(rl::test::kHealth));
    AdminClient admin(server.address(), kToken, kPatience);
    const auto health = admin.health();
    REQUIRE(health.has_value());
    CHECK(health->version == 2);
    const auto request = server.seen().at(0);
    CHECK(request.method == "GET");
    CHECK(request.target == "/system/health");
    CHECK(request.get_header_value("Authorization") == "Bearer s3cret");
  }

  TEST_CASE("without a token none is sent") {
    ScriptedServer server(ok(rl::test::kHealth));
    AdminClient admin(server.address(), "", kPatience);
    REQUIRE(admin.health().has_value());
    CHECK_FALSE(server.seen().at(0).has_header("Authorization"));
  }

  TEST_CASE("setting the health sends what was given and nothing else") {
    ScriptedServer server(ok(rl::test::kHealth));
    AdminClient admin(server.address(), kToken, kPatience);
    REQUIRE(admin.set_health({.state = HealthState::kNormal}).has_value());
    REQUIRE(admin
                .set_health({.state = HealthState::kDegraded,
                             .ttl = std::chrono::minutes{15},
                             .reason = "GPU \"pool\""})
                .has_value());
    const auto seen = server.seen();
    CHECK(seen.at(0).method == "POST");
    CHECK(seen.at(0).target == "/system/health");
    CHECK(seen.at(0).get_header_value("Content-Type") == kJson);
    CHECK(Json::parse(seen.at(0).body) == Json({{"state", "NORMAL"}}));
    CHECK(Json::parse(seen.at(1).body) ==
          Json({{"state", "DEGRADED"}, {"ttl_seconds", 900}, {"reason", "GPU \"pool\""}}));
  }

  TEST_CASE("a check names a key or a user") {
    ScriptedServer server(ok(rl::test::kDenied));
    AdminClient admin(server.address(), kToken, kPatience);
    const auto by_key = admin.check({.key = "rlk_1", .cost = 3, .route = "GET /test"});
    REQUIRE(by_key.has_value());
    CHECK_FALSE(by_key->allowed);
    REQUIRE(admin.check({.user_id = 7, .consume = true}).has_value());
    const auto seen = server.seen();
    CHECK(seen.at(0).target == "/admin/v1/check");
    CHECK(Json::parse(seen.at(0).body) ==
          Json({{"key", "rlk_1"}, {"cost", 3}, {"route", "GET /test"}, {"consume", false}}));
    CHECK(Json::parse(seen.at(1).body) == Json({{"user_id", 7}, {"consume", true}}));
  }

  TEST_CASE("tiers and snapshot are read from their endpoints") {
    ScriptedServer server([](const httplib::Request& request, httplib::Response& response) {
      const bool tiers = request.target == "/admin/v1/tiers";
      response.status = tiers || request.target == "/admin/v1/snapshot" ? 200 : 404;
      response.set_content(tiers ? rl::test::kTiers : rl::test::kSnapshot, kJson);
    });
    AdminClient admin(server.address(), kToken, kPatience);
    const auto tiers = admin.tiers();
    REQUIRE(tiers.has_value());
    CHECK(tiers->tiers.at(0).limits.at(1).algorithm == "token_bucket");
    const auto snapshot = admin.snapshot();
    REQUIRE(snapshot.has_value());
    CHECK(snapshot->store.max_buckets == 1'000'000);
  }

  TEST_CASE("a change of the policy sends what was given") {
    ScriptedServer server(ok(rl::test::kUpdate));
    AdminClient admin(server.address(), kToken, kPatience);
    const auto update = admin.apply_tiers("version = 1\n", {.overwrite = true});
    REQUIRE(update.has_value());
    CHECK(update->previous_version == 17);
    CHECK(update->changes.at(1).after == "30");
    REQUIRE(admin.reload_tiers({.dry_run = true}).has_value());
    REQUIRE(admin.roll_back_tiers(3, {}).has_value());
    const auto seen = server.seen();
    CHECK(seen.at(0).method == "PUT");
    CHECK(seen.at(0).target == "/admin/v1/tiers?dry_run=false&overwrite=true");
    CHECK(seen.at(0).body == "version = 1\n");
    CHECK(seen.at(1).method == "POST");
    CHECK(seen.at(1).target == "/admin/v1/tiers/reload?dry_run=true&overwrite=false");
    CHECK(seen.at(2).target == "/admin/v1/tiers/rollback?dry_run=false&overwrite=false");
    CHECK(Json::parse(seen.at(2).body) == Json({{"version", 3}}));
  }

  TEST_CASE("the history is read from its endpoint") {
    ScriptedServer server(ok(rl::test::kHistory));
    AdminClient admin(server.address(), kToken, kPatience);
    const auto history = admin.tiers_history();
    REQUIRE(history.has_value());
    CHECK(history->revisions.at(1).cause == "apply by admin@127.0.0.1");
    CHECK(server.seen().at(0).target == "/admin/v1/tiers/history");
  }

  TEST_CASE("the faults of a policy come with their places") {
    ScriptedServer server(
        ScriptedServer::always(422,
                               R"({"detail": "the policy has 1 fault", "diagnostics": [
            {"file": "t", "line": 2, "column": 5, "message": "bad", "hint": "good"}]})",
                               kProblem));
    AdminClient admin(server.address(), kToken, kPatience);
    const auto update = admin.apply_tiers("x", {});
    REQUIRE_FALSE(update.has_value());
    CHECK(update.error().kind == AdminErrorKind::kBadPolicy);
    CHECK(update.error().message == "the policy has 1 fault");
    REQUIRE(update.error().diagnostics.size() == 1);
    CHECK(update.error().diagnostics[0].to_string() == "t:2:5: error: bad\n  good");
  }

  TEST_CASE("a version that is not kept is told with its hint") {
    ScriptedServer server(ScriptedServer::always(
        404, R"({"detail": "policy v9 is not kept", "hint": "kept are v1 to v2"})", kProblem));
    AdminClient admin(server.address(), kToken, kPatience);
    const auto update = admin.roll_back_tiers(9, {});
    REQUIRE_FALSE(update.has_value());
    CHECK(update.error().kind == AdminErrorKind::kNotFound);
    CHECK(update.error().message == "policy v9 is not kept");
    CHECK(update.error().hint == "kept are v1 to v2");
  }

  TEST_CASE("a refusal becomes its kind of failure") {
    struct Case {
      int status;
      AdminErrorKind kind;
      const char* type;
      const char* body;
      const char* message;  ///< without the peer in front
    };
    const Case cases[] = {
        {401, AdminErrorKind::kUnauthorised, kProblem, R"({"detail": "no"})",
         "PEER does not accept the token"},
        {403, AdminErrorKind::kUnauthorised, "text/html", "<html>",
         "PEER does not accept the token"},
        {404, AdminErrorKind::kNotFound, kProblem,
         R"({"title": "Not Found", "detail": "no user 9"})", "no user 9"},
        {409, AdminErrorKind::kConflict, kProblem, R"({"title": "Conflict"})", "Conflict"},
        {400, AdminErrorKind::kInvalid, kProblem, R"({"detail": "bad body"})", "bad body"},
        {422, AdminErrorKind::kInvalid, "application/problem+json; charset=utf-8",
         R"({"detail": "cost is 0"})", "cost is 0"},
        {503, AdminErrorKind::kFailed, kProblem, R"({"detail": "draining"})", "draining"},
        {404, AdminErrorKind::kFailed, "text/html", "<html>",
         "PEER answered, but not like a rlserver admin listener: status 404"},
        {500, AdminErrorKind::kFailed, kJson, R"({"detail": "of something else"})",
         "PEER answered, but not like a rlserver admin listener: status 500"},
        {500, AdminErrorKind::kFailed, kProblem, "{",
         "PEER answered, but not like a rlserver admin listener: status 500"},
        {204, AdminErrorKind::kFailed, kJson, "",
         "PEER answered, but not like a rlserver admin listener: status 204"},
        {200, AdminErrorKind::kFailed, "text/html", "<html>",
         "PEER answered, but not like a rlserver admin listener: the reply is not JSON"},
        {200, AdminErrorKind::kFailed, kJson, "{}",
         "PEER answered, but not like a rlserver admin listener: the reply has no member "
         "\"allowed\""},
    };
    for (const Case& c : cases) {
      CAPTURE(c.status);
      CAPTURE(c.body);
      ScriptedServer server(ScriptedServer::always(c.status, c.body, c.type));
      AdminClient admin(server.address(), kToken, kPatience);
      const auto reply = admin.check({.user_id = 9});
      REQUIRE_FALSE(reply.has_value());
      std::string expected = c.message;
      if (expected.starts_with("PEER")) {
        expected.replace(0, 4, server.address().to_string());
      }
      CHECK(reply.error().kind == c.kind);
      CHECK(reply.error().message == expected);
      CHECK(reply.error().message.find(kToken) == std::string::npos);
    }
  }

  TEST_CASE("a missing token is told apart from a wrong one") {
    ScriptedServer server(ScriptedServer::always(401, "{}", kProblem));
    AdminClient admin(server.address(), "", kPatience);
    const auto health = admin.health();
    REQUIRE_FALSE(health.has_value());
    CHECK(health.error().kind == AdminErrorKind::kUnauthorised);
    CHECK(health.error().message == server.address().to_string() + " asks for its admin token");
  }

  TEST_CASE("no server and no answer in time are both unreachable") {
    const rl::test::RawPeer nobody;
    AdminClient refused(nobody.address(), kToken, kPatience);
    const auto no_server = refused.health();
    REQUIRE_FALSE(no_server.has_value());
    CHECK(no_server.error().kind == AdminErrorKind::kUnreachable);

    const rl::test::SilentServer silent;
    AdminClient hanging(silent.address(), kToken, std::chrono::milliseconds{50});
    const auto no_answer = hanging.health();
    REQUIRE_FALSE(no_answer.has_value());
    CHECK(no_answer.error().kind == AdminErrorKind::kUnreachable);
    CHECK_FALSE(no_answer.error().hint.empty());
  }
}

}  // namespace
