#include "rl/client/admin_client.h"

#include <fmt/core.h>

#include <utility>

#include "rl/client/record_json.h"

namespace rl::client {
namespace {

constexpr char kCheckTarget[] = "/admin/v1/check";

HttpRequest get(std::string target) {
  return {.method = "GET", .target = std::move(target)};
}

HttpRequest post(std::string target, const Json& body) {
  return {.method = "POST",
          .target = std::move(target),
          .body = to_text(body, /*indented=*/false),
          .content_type = "application/json"};
}

/// The `detail`, else the `title`, of a problem document (RFC 9457); empty when it is none.
std::string problem_text(const HttpReply& reply) {
  const auto type = reply.header("Content-Type");
  if (!type.has_value() || !type->starts_with("application/problem+json")) {
    return {};
  }
  const Json document = Json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  for (const char* const name : {"detail", "title"}) {
    const auto member = document.find(name);
    if (member != document.end() && member->is_string()) {
      return member->get<std::string>();
    }
  }
  return {};
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

AdminClient::AdminClient(const Address& admin, const std::string& token, Micros timeout)
    : peer_(admin.to_string()),
      authorization_(token.empty() ? "" : "Bearer " + token),
      connection_(admin, timeout) {}

Failure<AdminError> AdminClient::not_admin(const std::string& why) const {
  return admin_failure(
      AdminErrorKind::kFailed,
      fmt::format("{} answered, but not like a rlserver admin listener: {}", peer_, why),
      "give the address that rlserver prints as admin=HOST:PORT when it starts");
}

Failure<AdminError> AdminClient::refusal(const std::string& target, const HttpReply& reply) const {
  if (reply.status == 401 || reply.status == 403) {
    return admin_failure(AdminErrorKind::kUnauthorised,
                         fmt::format("{} {}", peer_,
                                     authorization_.empty() ? "asks for its admin token"
                                                            : "does not accept the token"),
                         "name the file that holds it with --token-file or RLCTL_TOKEN_FILE");
  }
  std::string text = problem_text(reply);
  // Only a check names what may not be there; elsewhere it is the path that the peer does not know.
  const bool unknown_path = reply.status == 404 && target != kCheckTarget;
  if (text.empty() || unknown_path) {
    return not_admin(fmt::format("status {}", reply.status));
  }
  return admin_failure(kind_of(reply.status), std::move(text));
}

template <class Record>
AdminResult<Record> AdminClient::ask(HttpRequest request) {
  if (!authorization_.empty()) {
    request.headers.emplace_back("Authorization", authorization_);
  }
  const auto reply = connection_.send(request);
  if (!reply) {
    return admin_failure(AdminErrorKind::kUnreachable, reply.error().message, reply.error().hint);
  }
  if (reply->status != 200) {
    return refusal(request.target, *reply);
  }
  auto record = decode<Record>(reply->body);
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
  return ask<HealthRecord>(post("/system/health", body));
}

AdminResult<PolicyRecord> AdminClient::tiers() {
  return ask<PolicyRecord>(get("/admin/v1/tiers"));
}

AdminResult<CheckReply> AdminClient::check(const CheckRequest& request) {
  Json body = Json::object();
  if (request.user_id.has_value()) {
    body["user_id"] = *request.user_id;
  } else {
    body["key"] = request.key;
  }
  body["cost"] = request.cost;
  if (!request.route.empty()) {
    body["route"] = request.route;
  }
  body["consume"] = request.consume;
  return ask<CheckReply>(post(kCheckTarget, body));
}

AdminResult<Snapshot> AdminClient::snapshot() {
  return ask<Snapshot>(get("/admin/v1/snapshot"));
}

}  // namespace rl::client
