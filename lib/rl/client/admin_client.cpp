#include "rl/client/admin_client.h"

#include <fmt/core.h>

#include <utility>

#include "rl/client/record_json.h"

namespace rl::client {
namespace {

constexpr char kCheckTarget[] = "/admin/v1/check";
constexpr int kPage = 1000;  // the most that the server gives at a time
constexpr char kUsersTarget[] = "/users";
constexpr char kKeysTarget[] = "/admin/v1/keys";
constexpr char kUsageTarget[] = "/admin/v1/usage";
constexpr char kRollbackTarget[] = "/admin/v1/tiers/rollback";

std::string target_of(std::string_view path, const TiersChange& how) {
  return fmt::format("{}?dry_run={}&overwrite={}", path, how.dry_run, how.overwrite);
}

HttpRequest get(std::string target) {
  return {.method = "GET", .target = std::move(target)};
}

HttpRequest post(std::string target, const Json& body) {
  return {.method = "POST",
          .target = std::move(target),
          .body = to_text(body, /*indented=*/false),
          .content_type = "application/json"};
}

/// What a problem document (RFC 9457) says: its `detail`, else its `title`, and its `hint`. Empty
/// when it is none.
Error problem_of(const HttpReply& reply) {
  const auto type = reply.header("Content-Type");
  if (!type.has_value() || !type->starts_with("application/problem+json")) {
    return {};
  }
  const Json document = Json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  const auto text = [&](const char* name) {
    const auto member = document.find(name);
    return member != document.end() && member->is_string() ? member->get<std::string>() : "";
  };
  const std::string detail = text("detail");
  return {.message = detail.empty() ? text("title") : detail, .hint = text("hint")};
}

/// The target of a user, or of something below it ("/quota").
std::string user_target(std::uint64_t id, std::string_view below = "") {
  return fmt::format("{}/{}{}", kUsersTarget, id, below);
}

std::string key_target(const std::string& id, std::string_view below = "") {
  return fmt::format("{}/{}{}", kKeysTarget, id, below);
}

AdminErrorKind kind_of(int status) {
  switch (status) {
    case 404:
      return AdminErrorKind::kNotFound;
    case 409:
      return AdminErrorKind::kConflict;
    case 400:
    case 422:
      return AdminErrorKind::kInvalid;
    default:
      return AdminErrorKind::kFailed;
  }
}

}  // namespace

AdminClient::AdminClient(const Address& admin, const std::string& token, Micros timeout,
                         const std::optional<TlsOptions>& tls)
    : peer_(admin.to_string()),
      authorization_(token.empty() ? "" : "Bearer " + token),
      connection_(admin, timeout, tls) {}

Failure<AdminError> AdminClient::not_admin(const std::string& why) const {
  return admin_failure(
      AdminErrorKind::kFailed,
      fmt::format("{} answered, but not like a rlserver admin listener: {}", peer_, why),
      "give the address that rlserver prints as admin=HOST:PORT when it starts");
}

Failure<AdminError> AdminClient::refusal(const std::string& target, const HttpReply& reply) const {
  if (Error small = problem_of(reply); reply.status == 403 && !small.message.empty()) {
    return admin_failure(AdminErrorKind::kUnauthorised, std::move(small.message),
                         "name the file of another token with --token-file or RLCTL_TOKEN_FILE");
  }
  if (reply.status == 401 || reply.status == 403) {
    return admin_failure(AdminErrorKind::kUnauthorised,
                         fmt::format("{} {}", peer_,
                                     authorization_.empty() ? "asks for its admin token"
                                                            : "does not accept the token"),
                         "name the file that holds it with --token-file or RLCTL_TOKEN_FILE");
  }
  Error problem = problem_of(reply);
  // Only these name what may not be there; elsewhere it is the path that the peer does not know.
  const bool names_something = target == kCheckTarget || target.starts_with(kRollbackTarget) ||
                               target.starts_with(kUsersTarget) ||
                               target.starts_with(kKeysTarget) || target.starts_with(kUsageTarget);
  const bool unknown_path = reply.status == 404 && !names_something;
  if (problem.message.empty() || unknown_path) {
    return not_admin(fmt::format("status {}", reply.status));
  }
  if (auto faults = decode<FaultsRecord>(reply.body); reply.status == 422 && faults) {
    return fail_with(AdminError{.kind = AdminErrorKind::kBadPolicy,
                                .message = std::move(problem.message),
                                .diagnostics = std::move(faults->diagnostics)});
  }
  return admin_failure(kind_of(reply.status), std::move(problem.message), std::move(problem.hint));
}

AdminResult<std::string> AdminClient::ask_text(HttpRequest request) {
  if (!authorization_.empty()) {
    request.headers.emplace_back("Authorization", authorization_);
  }
  auto reply = connection_.send(request);
  if (!reply) {
    return admin_failure(AdminErrorKind::kUnreachable, reply.error().message, reply.error().hint);
  }
  if (reply->status != 200 && reply->status != 201) {
    return refusal(request.target, *reply);
  }
  return std::move(reply->body);
}

template <class Record>
AdminResult<Record> AdminClient::ask(const HttpRequest& request) {
  const auto text = ask_text(request);
  if (!text) {
    return fail_with(text.error());
  }
  auto record = decode<Record>(*text);
  if (!record) {
    return not_admin(record.error().message);
  }
  return std::move(*record);
}

AdminResult<HealthRecord> AdminClient::health() {
  return ask<HealthRecord>(get("/system/health"));
}

AdminResult<HealthRecord> AdminClient::set_health(const HealthChange& change) {
  Json body = {{"state", std::string(to_string(change.state))}};
  if (change.ttl.has_value()) {
    body["ttl_seconds"] = change.ttl->count();
  }
  if (!change.reason.empty()) {
    body["reason"] = change.reason;
  }
  return ask<HealthRecord>(
      post(change.direct ? "/system/health?direct=true" : "/system/health", body));
}

AdminResult<HealthHistory> AdminClient::health_history() {
  return ask<HealthHistory>(get("/admin/v1/health/history"));
}

AdminResult<PolicyRecord> AdminClient::tiers() {
  return ask<PolicyRecord>(get("/admin/v1/tiers"));
}

AdminResult<UpdateRecord> AdminClient::apply_tiers(const std::string& text,
                                                   const TiersChange& how) {
  return ask<UpdateRecord>({.method = "PUT",
                            .target = target_of("/admin/v1/tiers", how),
                            .body = text,
                            .content_type = "application/toml"});
}

AdminResult<UpdateRecord> AdminClient::reload_tiers(const TiersChange& how) {
  return ask<UpdateRecord>(post(target_of("/admin/v1/tiers/reload", how), Json::object()));
}

AdminResult<UpdateRecord> AdminClient::roll_back_tiers(std::uint64_t version,
                                                       const TiersChange& how) {
  return ask<UpdateRecord>(post(target_of(kRollbackTarget, how), {{"version", version}}));
}

AdminResult<HistoryRecord> AdminClient::tiers_history() {
  return ask<HistoryRecord>(get("/admin/v1/tiers/history"));
}

AdminResult<CheckReply> AdminClient::check(const CheckRequest& request) {
  Json body = Json::object();
  if (request.user_id.has_value()) {
    body["user_id"] = *request.user_id;
  } else {
    body["key"] = request.key;
  }
  if (request.cost.has_value()) {
    body["cost"] = *request.cost;
  }
  if (!request.route.empty()) {
    body["route"] = request.route;
  }
  body["consume"] = request.consume;
  return ask<CheckReply>(post(kCheckTarget, body));
}

AdminResult<Snapshot> AdminClient::snapshot() {
  return ask<Snapshot>(get("/admin/v1/snapshot"));
}

AdminResult<UserRecord> AdminClient::create_user(const std::string& name, const std::string& tier) {
  Json body = {{"name", name}};
  if (!tier.empty()) {
    body["tier"] = tier;
  }
  return ask<UserRecord>(post(kUsersTarget, body));
}

AdminResult<UserList> AdminClient::users(std::uint64_t after) {
  return ask<UserList>(get(fmt::format("{}?limit={}&after={}", kUsersTarget, kPage, after)));
}

AdminResult<UserRecord> AdminClient::user(std::uint64_t id) {
  return ask<UserRecord>(get(user_target(id)));
}

AdminResult<UserRecord> AdminClient::set_tier(std::uint64_t id, const std::string& tier) {
  HttpRequest request = post(user_target(id), {{"tier", tier}});
  request.method = "PATCH";
  return ask<UserRecord>(request);
}

AdminResult<UserRecord> AdminClient::delete_user(std::uint64_t id) {
  return ask<UserRecord>({.method = "DELETE", .target = user_target(id)});
}

AdminResult<QuotaRecord> AdminClient::quota(std::uint64_t id) {
  return ask<QuotaRecord>(get(user_target(id, "/quota")));
}

AdminResult<KeyRecord> AdminClient::create_key(const NewKey& key) {
  Json body = {{"user_id", key.user_id}};
  if (!key.name.empty()) {
    body["name"] = key.name;
  }
  if (!key.tier.empty()) {
    body["tier"] = key.tier;
  }
  if (key.ttl.has_value()) {
    body["ttl_seconds"] = key.ttl->count();
  }
  return ask<KeyRecord>(post(kKeysTarget, body));
}

AdminResult<KeyList> AdminClient::keys(std::optional<std::uint64_t> user_id, std::uint64_t after) {
  const std::string of = user_id ? fmt::format("&user_id={}", *user_id) : "";
  return ask<KeyList>(get(fmt::format("{}?limit={}&after={}{}", kKeysTarget, kPage, after, of)));
}

AdminResult<KeyRecord> AdminClient::key(const std::string& id) {
  return ask<KeyRecord>(get(key_target(id)));
}

AdminResult<KeyRecord> AdminClient::rotate_key(const std::string& id, std::chrono::seconds grace) {
  return ask<KeyRecord>(post(key_target(id, "/rotate"), {{"grace_seconds", grace.count()}}));
}

AdminResult<KeyRecord> AdminClient::revoke_key(const std::string& id) {
  return ask<KeyRecord>(post(key_target(id, "/revoke"), Json::object()));
}

AdminResult<std::string> AdminClient::export_lines(const std::string& part, std::uint64_t after) {
  return ask_text(get(part == "ids" ? std::string("/admin/v1/export?part=ids")
                                    : fmt::format("/admin/v1/export?part={}&limit={}&after={}",
                                                  part, kPage, after)));
}

AdminResult<ImportRecord> AdminClient::import_lines(const std::string& lines,
                                                    std::uint64_t first_line) {
  return ask<ImportRecord>({.method = "POST",
                            .target = fmt::format("/admin/v1/import?line={}", first_line),
                            .body = lines,
                            .content_type = "application/x-ndjson"});
}

AdminResult<UsageRecord> AdminClient::usage(const UsageQuery& query) {
  const std::string of =
      query.key.empty() ? fmt::format("user={}", query.user) : fmt::format("key={}", query.key);
  return ask<UsageRecord>(get(fmt::format("{}?{}&for={}&step={}", kUsageTarget, of,
                                          query.time.count(), query.step.count())));
}

AdminResult<TopRecord> AdminClient::top(std::uint32_t most) {
  return ask<TopRecord>(get(fmt::format("/admin/v1/top?limit={}", most)));
}

AdminResult<AuditList> AdminClient::audit(std::int64_t since, std::optional<std::uint64_t> before) {
  const std::string from = before ? fmt::format("&before={}", *before) : "";
  return ask<AuditList>(
      get(fmt::format("/admin/v1/audit?limit={}&since={}{}", kPage, since, from)));
}

}  // namespace rl::client
