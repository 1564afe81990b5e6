#include <thread>
#include <vector>

#include "tests/http/house.h"

using namespace std::chrono_literals;
using rl::test::document_of;
using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;
using json = nlohmann::json;

namespace {

struct RoleOfEndpoint {
  const char* method;
  const char* target;
  const char* body;
  const char* role;  ///< the smallest that is enough
};

constexpr RoleOfEndpoint kRolesOfEndpoints[] = {
    {"GET", "/system/health", "", "read"},
    {"POST", "/system/health", R"({"state":"DEGRADED"})", "operate"},
    {"GET", "/admin/v1/tiers", "", "read"},
    {"GET", "/admin/v1/tiers/history", "", "read"},
    {"PUT", "/admin/v1/tiers?dry_run=true", "", "admin"},
    {"POST", "/admin/v1/tiers/reload", "", "admin"},
    {"POST", "/admin/v1/tiers/rollback", R"({"version":1})", "admin"},
    {"GET", "/admin/v1/snapshot", "", "read"},
    {"POST", "/admin/v1/check", R"({"key":"rlk_demo_free"})", "read"},
    {"POST", "/admin/v1/check", R"({"key":"rlk_demo_free","consume":true})", "admin"},
    {"GET", "/users", "", "read"},
    {"HEAD", "/users", "", "read"},
    {"POST", "/users", R"({"name":"bob"})", "admin"},
    {"GET", "/users/1", "", "read"},
    {"GET", "/users/1/quota", "", "read"},
    {"POST", "/requests", R"({"user_id":1})", "admin"},
    {"POST", "/admin/v1/keys", R"({"user_id":1})", "admin"},
    {"GET", "/admin/v1/keys", "", "read"},
    {"POST", "/admin/v1/keys/k1/rotate", "", "admin"},
    {"POST", "/admin/v1/keys/k1/revoke", "", "admin"},
    {"GET", "/admin/v1/audit", "", "read"},
    {"PATCH", "/users/1", R"({"tier":"pro"})", "admin"},
    {"DELETE", "/users/1", "", "admin"},
};

rl::client::HttpReply ask_as(House& house, const std::string& token,
                             const RoleOfEndpoint& endpoint) {
  return House::send(house.to_admin, {.method = endpoint.method,
                                      .target = endpoint.target,
                                      .headers = {{"Authorization", "Bearer " + token}},
                                      .body = endpoint.body});
}

rl::client::HttpReply health_with(House& house, const std::string& token) {
  return ask_as(house, token, kRolesOfEndpoints[0]);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("each role may what it may and is told which one is needed") {
    const std::vector<std::pair<std::string, std::string>> roles = {
        {"read", rl::test::kReadToken},
        {"operate", rl::test::kOperateToken},
        {"admin", rl::test::kAdminToken}};
    House house;
    document_of(house.post_admin("/users", R"({"name":"alice"})"), 201);
    document_of(house.post_admin("/admin/v1/keys", R"({"user_id":1})"), 201);
    for (const RoleOfEndpoint& endpoint : kRolesOfEndpoints) {
      CAPTURE(endpoint.method);
      CAPTURE(endpoint.target);
      bool enough = false;
      for (const auto& [role, token] : roles) {
        CAPTURE(role);
        enough = enough || role == endpoint.role;
        const auto reply = ask_as(house, token, endpoint);
        if (enough) {
          CHECK(reply.status != 401);
          CHECK(reply.status != 403);
        } else {
          const json problem = problem_of(reply, 403);
          CHECK(problem["role_needed"] == endpoint.role);
          CHECK(problem["detail"] == "this needs a token with the role " +
                                         std::string(endpoint.role) + "; that of " +
                                         (role == "read" ? "graphs" : "on-call") + " has " + role);
        }
      }
    }
  }

  TEST_CASE("the audit log and the history of the health name the token") {
    House house;
    CHECK(ask_as(house, rl::test::kOperateToken, kRolesOfEndpoints[1]).status == 200);
    CHECK(ask_as(house, "another-token", {"POST", "/users", R"({"name":"bob"})", ""}).status ==
          201);
    const json entries = document_of(house.get_admin("/admin/v1/audit"))["entries"];
    REQUIRE(entries.size() == 2);
    CHECK(entries[0]["actor"] == "deploy");
    CHECK(entries[0]["action"] == "user.create");
    CHECK(entries[1]["actor"] == "on-call");
    CHECK(entries[1]["origin"] == "127.0.0.1");
    CHECK(document_of(house.get_admin("/system/health"))["by"] == "on-call@127.0.0.1");
  }

  TEST_CASE("tokens that are replaced end at once and the new ones work") {
    House house;
    house.tokens.install(rl::AdminTokens(
        {rl::test::token_of("next", rl::AdminRole::kAdmin, "the-next-token-of-all")}));
    CHECK(health_with(house, rl::test::kAdminToken).status == 401);
    CHECK(health_with(house, "the-next-token-of-all").status == 200);
  }

  TEST_CASE("who guesses admin tokens has to wait, also with the right one") {
    House house;
    for (int i = 0; i < 10; ++i) {
      CHECK(health_with(house, "guess-number-" + std::to_string(i)).status == 401);
    }
    for (const std::string& token : {std::string("guess-number-11"), std::string("guess-number-1"),
                                     std::string(rl::test::kAdminToken)}) {
      const auto reply = health_with(house, token);
      const json problem = problem_of(reply, 429);
      CHECK(header_of(reply, "Retry-After") == "60");
      CHECK(problem["retry_after_seconds"] == 60);
    }
    CHECK(House::send(house.to_admin, {.target = "/livez"}).status == 200);
    CHECK(House::send(house.to_admin, {.target = "/system/health"}).status == 401);  // no guess
    house.clock.advance(60s);
    CHECK(health_with(house, rl::test::kAdminToken).status == 200);
  }

  TEST_CASE("a program that was left with an old token locks nobody out") {
    House house;
    for (int i = 0; i < 50; ++i) {
      CHECK(health_with(house, "the-token-of-last-year").status == 401);
    }
    CHECK(health_with(house, rl::test::kAdminToken).status == 200);
  }

  TEST_CASE("guesses of many connections at a time are few all the same") {
    House house;
    std::atomic<int> looked_at{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        rl::client::HttpConnection connection(house.admin_address, 10s);
        for (int i = 0; i < 25; ++i) {
          const std::string token = "guess-" + std::to_string(t) + "-number-" + std::to_string(i);
          const auto reply = connection.send(
              {.target = "/system/health", .headers = {{"Authorization", "Bearer " + token}}});
          looked_at += reply && reply->status == 401 ? 1 : 0;
        }
      });
    }
    threads.clear();
    CHECK(looked_at >= 10);
    CHECK(looked_at <= 12);  // and one more for each thread that looked at the same time
  }
}
