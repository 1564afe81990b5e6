// Who may do what on the admin listener of the real server: every role at every endpoint.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "tests/cli/programs.h"

using rl::client::HttpReply;
using rl::test::header;
using rl::test::parse_json;
using rl::test::RlServer;

namespace {

struct RoleToken {
  const char* role;
  const char* token;
};

constexpr std::array<RoleToken, 3> kRoleTokens = {{
    {"read", "0123456789abcdef-read"},
    {"operate", "0123456789abcdef-operate"},
    {"admin", "0123456789abcdef-admin"},
}};
constexpr std::array<const char*, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                 "PATCH", "DELETE", "OPTIONS"};

/// An endpoint, the smallest role that is enough, and a request that is in order but for its
/// effect, which it has none of: what it names does not exist, or it is a dry run.
struct GuardedEndpoint {
  const char* method;
  const char* path;  ///< as the OpenAPI document has it
  const char* role;
  const char* target;
  const char* body = "";
};

constexpr GuardedEndpoint kGuardedEndpoints[] = {
    {"GET", "/admin/v1/audit", "read", "/admin/v1/audit"},
    {"POST", "/admin/v1/check", "read", "/admin/v1/check", R"({"user_id":9})"},
    {"GET", "/admin/v1/export", "admin", "/admin/v1/export?part=users"},
    {"GET", "/admin/v1/health/history", "read", "/admin/v1/health/history"},
    {"POST", "/admin/v1/import", "admin", "/admin/v1/import", "no line"},
    {"GET", "/admin/v1/instances", "read", "/admin/v1/instances"},
    {"GET", "/admin/v1/keys", "read", "/admin/v1/keys"},
    {"POST", "/admin/v1/keys", "admin", "/admin/v1/keys", R"({"user_id":9})"},
    {"GET", "/admin/v1/keys/{id}", "read", "/admin/v1/keys/k9"},
    {"POST", "/admin/v1/keys/{id}/revoke", "admin", "/admin/v1/keys/k9/revoke"},
    {"POST", "/admin/v1/keys/{id}/rotate", "admin", "/admin/v1/keys/k9/rotate"},
    {"GET", "/admin/v1/snapshot", "read", "/admin/v1/snapshot"},
    {"GET", "/admin/v1/tiers", "read", "/admin/v1/tiers"},
    {"PUT", "/admin/v1/tiers", "admin", "/admin/v1/tiers?dry_run=true", "version = 1"},
    {"GET", "/admin/v1/tiers/history", "read", "/admin/v1/tiers/history"},
    {"POST", "/admin/v1/tiers/reload", "admin", "/admin/v1/tiers/reload?dry_run=true"},
    {"POST", "/admin/v1/tiers/rollback", "admin", "/admin/v1/tiers/rollback", R"({"version":9})"},
    {"GET", "/admin/v1/top", "read", "/admin/v1/top"},
    {"GET", "/admin/v1/usage", "read", "/admin/v1/usage?user=9"},
    {"GET", "/metrics", "read", "/metrics"},
    {"POST", "/requests", "admin", "/requests", R"({"user_id":9})"},
    {"GET", "/system/health", "read", "/system/health"},
    {"POST", "/system/health", "operate", "/system/health", R"({"state":"SICK"})"},
    {"GET", "/users", "read", "/users"},
    {"POST", "/users", "admin", "/users", R"({"name":7})"},
    {"DELETE", "/users/{id}", "admin", "/users/9"},
    {"GET", "/users/{id}", "read", "/users/9"},
    {"PATCH", "/users/{id}", "admin", "/users/9", R"({"tier":"pro"})"},
    {"GET", "/users/{id}/quota", "read", "/users/9/quota"},
};

/// A server that knows a token of each role.
struct GuardedServer {
  const rl::test::TemporaryDirectory directory;
  const std::string tokens = rl::test::put(directory, "tokens",
                                           "graphs read 0123456789abcdef-read\n"
                                           "on-call operate 0123456789abcdef-operate\n"
                                           "anna admin 0123456789abcdef-admin\n");
  const RlServer server{{.flags = {"--admin-token-file", tokens}}};
  rl::client::HttpConnection connection{server.admin(), std::chrono::seconds{20}};

  HttpReply ask(const std::string& method, const std::string& target, const std::string& token,
                const std::string& body = "") {
    rl::client::HttpRequest request{.method = method, .target = target, .body = body};
    if (!token.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + token);
    }
    auto reply = connection.send(request);
    REQUIRE(reply.has_value());
    return *std::move(reply);
  }
};

std::string upper_of(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(c & ~0x20); });
  return text;
}

using Roles = std::map<std::string, std::string>;  // by "GET /users"

Roles documented_roles(const nlohmann::json& api) {
  Roles roles;
  for (const auto& [path, item] : api["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (operation["x-listener"] == "admin") {
        roles[upper_of(method) + " " + path] = operation.value("x-role", "");
      }
    }
  }
  return roles;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("every endpoint of the admin listener asks for its role and tells which") {
    GuardedServer guarded;
    const auto api = parse_json(guarded.server.get("/openapi.json").body);
    Roles expected;
    for (const GuardedEndpoint& endpoint : kGuardedEndpoints) {
      CAPTURE(endpoint.method);
      CAPTURE(endpoint.path);
      expected[endpoint.method + std::string(" ") + endpoint.path] = endpoint.role;
      const auto ask_with = [&](const std::string& token) {
        return guarded.ask(endpoint.method, endpoint.target, token, endpoint.body);
      };
      CHECK(ask_with("").status == 401);
      bool enough = false;
      for (const auto& [role, token] : kRoleTokens) {
        CAPTURE(role);
        enough = enough || role == std::string(endpoint.role);
        const HttpReply reply = ask_with(token);
        if (enough) {
          CHECK((reply.status != 401 && reply.status != 403 && reply.status != 405));
          CHECK(reply.status < 500);
        } else {
          CHECK(reply.status == 403);
          CHECK(header(reply, "Content-Type") == "application/problem+json");
          CHECK(parse_json(reply.body)["role_needed"] == endpoint.role);
        }
      }
    }
    // An endpoint that is missing here wants a line in the table above, and x-role in the document.
    CHECK(documented_roles(api) == expected);
  }

  TEST_CASE("an admin path answers no other method, whatever the token") {
    GuardedServer guarded;
    const auto api = parse_json(guarded.server.get("/openapi.json").body);
    const Roles roles = documented_roles(api);
    for (const GuardedEndpoint& endpoint : kGuardedEndpoints) {
      CAPTURE(endpoint.path);
      for (const std::string method : kMethods) {
        CAPTURE(method);
        const std::string served = method == "HEAD" ? "GET" : method;
        const bool is_served = roles.count(served + " " + endpoint.path) == 1;
        for (const std::string token : {"", kRoleTokens[0].token, kRoleTokens[2].token}) {
          if (!is_served) {
            const HttpReply reply = guarded.ask(method, endpoint.target, token);
            CHECK((reply.status == 405 || reply.status == 404));
          } else if (token.empty()) {
            CHECK(guarded.ask(method, endpoint.target, token).status == 401);
          }
        }
      }
    }
  }
}
