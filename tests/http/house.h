#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "rl/base/file.h"
#include "rl/base/manual_clock.h"
#include "rl/client/http_connection.h"
#include "rl/config/policy_file.h"
#include "rl/health/lone_instance.h"
#include "rl/http/admin_api.h"
#include "rl/http/data_api.h"
#include "rl/http/middleware.h"
#include "rl/http/probes.h"
#include "rl/http/server.h"
#include "rl/identity/demo_identity.h"
#include "rl/identity/directory_identity.h"
#include "rl/identity/sqlite/sqlite_directory.h"
#include "rl/identity/usage_recorder.h"
#include "rl/store/memory/memory_store.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

/// The tiers.toml of this repository.
inline Policy sample_policy() {
  return load_policy(source_dir() + "/tiers.toml").value();
}

inline Policy policy_of(const char* text) {
  return parse_policy(text, "test.toml").value();
}

inline constexpr char kAdminToken[] = "a-token-for-tests";
inline constexpr char kOperateToken[] = "a-token-of-the-operator";
inline constexpr char kReadToken[] = "a-token-to-read-only";

inline AdminToken token_of(const char* name, AdminRole role, const char* secret) {
  return {.name = name, .role = role, .digest = sha256(secret)};
}

/// A whole server in this process: both listeners on free ports, the embedded store, the demo
/// users, all on a virtual clock. Its two connections are kept open over all requests of a test.
struct House {
  explicit House(Policy policy = sample_policy()) : policies(std::move(policy)) {
    write_tiers(policies.snapshot()->text);
    http::mount_probes(data, ready);
    http::mount_data_api(data, middleware, policies);
    http::mount_probes(admin, ready);
    admin_api.mount(admin);
    admin_api.set_addresses(data_address, admin_address);
    data.start();
    admin.start();
  }

  /// Asks the data listener.
  client::HttpReply ask(const client::HttpRequest& request) { return send(to_data, request); }
  client::HttpReply get(const std::string& target, const client::HeaderList& headers = {}) {
    return ask({.target = target, .headers = headers});
  }
  client::HttpReply get_as(const std::string& key, const std::string& target) {
    return get(target, {{"X-API-Key", key}});
  }

  /// Asks the admin listener, with the right token.
  client::HttpReply ask_admin(client::HttpRequest request) {
    request.headers.emplace_back("Authorization", std::string("Bearer ") + kAdminToken);
    return send(to_admin, request);
  }
  client::HttpReply get_admin(const std::string& target) { return ask_admin({.target = target}); }
  client::HttpReply ask_admin(const char* method, const std::string& target,
                              const std::string& body = {}) {
    return ask_admin({.method = method, .target = target, .body = body});
  }
  client::HttpReply post_admin(const std::string& target, const std::string& body) {
    return ask_admin({.method = "POST", .target = target, .body = body});
  }

  /// Puts the text where the server has its tiers file, as an editor would.
  void write_tiers(const std::string& text) const {
    REQUIRE(write_file(tiers_path, text, FileMode::kPublic));
  }

  static client::HttpReply send(client::HttpConnection& connection,
                                const client::HttpRequest& request) {
    auto reply = connection.send(request);
    REQUIRE(reply.has_value());
    return *reply;
  }

  ManualClock clock;
  Log log{LogLevel::kError};
  const TemporaryDirectory directory;
  const std::string tiers_path = directory.path() + "/tiers.toml";
  PolicyRegister policies;
  TiersFile tiers_file{tiers_path, {.policies = policies, .clock = clock, .log = log}};
  HealthRegister health{clock};
  LoneInstance fleet{health, [this] {
                       return InstanceRecord{.id = "i1",
                                             .version = "0.0.1",
                                             .data = data_address.to_string(),
                                             .admin = admin_address.to_string(),
                                             .policy_version = policies.snapshot()->version,
                                             .health = health.word().read()};
                     }};
  MemoryStore store{clock, {.max_buckets = 10'000}};
  SystemRandom random;  // which several threads of its server may ask at a time
  const std::unique_ptr<SqliteDirectory> directory_of_users =
      SqliteDirectory::open(":memory:", clock).value();
  DirectoryIdentity known_keys{*directory_of_users, clock};
  DemoIdentity identity{policies, known_keys};
  const std::unique_ptr<UsageLog> usage_log = directory_of_users->usage_log();
  UsageMeter usage_meter;
  UsageRecorder usage{usage_meter, *usage_log, clock, log};
  DecisionCounters counters;
  RateMeter rates;
  Admission admission{{.policies = policies,
                       .health = health.word(),
                       .store = store,
                       .clock = clock,
                       .counters = counters,
                       .usage = &usage_meter}};
  http::Middleware middleware{identity, admission, counters};
  AdminTokenRegister tokens{AdminTokens({token_of("admin", AdminRole::kAdmin, kAdminToken),
                                         token_of("deploy", AdminRole::kAdmin, "another-token"),
                                         token_of("on-call", AdminRole::kOperate, kOperateToken),
                                         token_of("graphs", AdminRole::kRead, kReadToken)})};
  http::LoginThrottle throttle{clock, {}};
  http::AdminGuard guard{tokens, throttle, log};
  http::AdminApi admin_api{{.policies = policies,
                            .tiers_file = tiers_file,
                            .health = health,
                            .fleet = fleet,
                            .store = store,
                            .identity = identity,
                            .directory = *directory_of_users,
                            .usage = usage,
                            .random = random,
                            .admission = admission,
                            .counters = counters,
                            .rates = rates,
                            .clock = clock,
                            .log = log},
                           {.id = "i1",
                            .version = "0.0.1",
                            .dev = true,
                            .data = {},
                            .admin = {},
                            .started = clock.now()},
                           guard};
  http::Readiness ready{true};
  http::Server data{{.name = "data", .threads = 4}, log};
  http::Server admin{{.name = "admin", .threads = 2, .plain_bodies = true}, log};
  Address data_address = data.bind({"127.0.0.1", 0}).value();
  Address admin_address = admin.bind({"127.0.0.1", 0}).value();
  client::HttpConnection to_data{data_address, std::chrono::seconds{3}};
  client::HttpConnection to_admin{admin_address, std::chrono::seconds{3}};
};

/// A header as a test compares it.
inline std::string header_of(const client::HttpReply& reply, std::string_view name) {
  return std::string(reply.header(name).value_or("absent"));
}

/// The JSON document of a reply with that status.
inline nlohmann::json document_of(const client::HttpReply& reply, int status = 200) {
  CHECK(reply.status == status);
  CHECK(header_of(reply, "Content-Type") == "application/json");
  auto document = nlohmann::json::parse(reply.body, nullptr, false);
  REQUIRE(document.is_object());
  return document;
}

/// The problem document of a reply with that status.
inline nlohmann::json problem_of(const client::HttpReply& reply, int status) {
  CHECK(reply.status == status);
  CHECK(header_of(reply, "Content-Type") == "application/problem+json");
  auto document = nlohmann::json::parse(reply.body, nullptr, false);
  REQUIRE(document.is_object());
  CHECK(document.value("status", 0) == status);
  CHECK_FALSE(document.value("type", "").empty());
  CHECK_FALSE(document.value("title", "").empty());
  CHECK_FALSE(document.value("detail", "").empty());
  return document;
}

}  // namespace rl::test
