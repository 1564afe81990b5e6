#include "rl/http/keys_api.h"

#include <fmt/core.h>

#include <utility>

#include "rl/base/duration.h"
#include "rl/http/directory_problem.h"
#include "rl/http/json_body.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kLongestTier = 64;                           // of one that may be mistyped
constexpr std::int64_t kLongestTtl = std::int64_t{3650} * 86'400;  // seconds, ten years
constexpr std::int64_t kLongestGrace = std::int64_t{31} * 86'400;
constexpr std::int64_t kUsualGrace = 86'400;
constexpr std::uint64_t kLatestSince = 253'402'300'799;  // the end of the year 9999

json to_json(const std::optional<WallTime>& time) {
  return time ? json(format_utc(*time)) : json(nullptr);
}

std::string_view state_of(const ApiKey& key, WallTime now) {
  if (key.revoked_at) {
    return "revoked";
  }
  return key.expires_at && *key.expires_at <= now ? "expired" : "active";
}

json members_of(const ApiKey& key, WallTime now) {
  json secrets = json::array();
  for (const SecretRecord& secret : key.secrets) {
    secrets.push_back({{"prefix", secret.prefix},
                       {"last_four", secret.last_four},
                       {"created", format_utc(secret.created)},
                       {"expires_at", to_json(secret.expires_at)}});
  }
  return {{"id", key_name_of(key.id)},
          {"user_id", key.user_id},
          {"name", key.name},
          {"tier", key.tier ? json(*key.tier) : json(nullptr)},
          {"state", state_of(key, now)},
          {"created", format_utc(key.created)},
          {"expires_at", to_json(key.expires_at)},
          {"revoked_at", to_json(key.revoked_at)},
          {"secrets", secrets}};
}

/// One key; with the secret that was just made for it.
json document_of(const ApiKey& key, WallTime now, const std::string* secret = nullptr) {
  json document = {{"schema_version", 1}};
  document.update(members_of(key, now));
  if (secret != nullptr) {
    document["secret"] = *secret;
  }
  return document;
}

void answer_secret(httplib::Response& response, int status, const json& document) {
  response.set_header("Cache-Control", "no-store");
  answer_json(response, status, document);
}

}  // namespace

void KeysApi::mount(Server& server, const AdminGuard& guard) const {
  const auto route = [this, &guard](void (KeysApi::*method)(const Request&, Response&) const) {
    return guard.protect([this, method](const Request& request, Response& response) {
      (this->*method)(request, response);
    });
  };
  server.post("/admin/v1/keys", route(&KeysApi::create));
  server.get("/admin/v1/keys", route(&KeysApi::list));
  server.get("/admin/v1/keys/{id}", route(&KeysApi::show));
  server.post("/admin/v1/keys/{id}/rotate", route(&KeysApi::rotate));
  server.post("/admin/v1/keys/{id}/revoke", route(&KeysApi::revoke));
  server.get("/admin/v1/audit", route(&KeysApi::audit));
}

void KeysApi::create(const Request& request, Response& response) const {
  JsonBody body(request.body);
  const auto user_id = body.integer("user_id", 1, INT64_MAX);
  const auto name = read_name(body, "name", kLongestKeyName);
  const auto tier = body.text("tier", kLongestTier);
  const auto ttl = body.integer("ttl_seconds", 1, kLongestTtl);
  if (!user_id) {
    body.reject("\"user_id\" is missing");
  }
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  if (tier) {
    if (const auto problem = unknown_tier(*parts_.policies.snapshot(), *tier)) {
      return answer(response, *problem);
    }
  }
  const std::string secret = make_api_key(parts_.random);
  NewKey wanted{.user_id = static_cast<std::uint64_t>(*user_id),
                .name = name.value_or(""),
                .tier = tier,
                .digest = sha256(secret),
                .hint = hint_of(secret)};
  if (ttl) {
    wanted.expires_at = parts_.clock.wall_now() + std::chrono::seconds{*ttl};
  }
  const auto key = parts_.directory.create_key(wanted, actor_of(request));
  if (!key) {
    return answer(response, key.error(), parts_.log);
  }
  parts_.log.info(
      "key created",
      {{"key", key_name_of(key->id)}, {"user", key->user_id}, {"by", admin_name(request)}});
  response.set_header("Location", fmt::format("/admin/v1/keys/{}", key_name_of(key->id)));
  answer_secret(response, 201, document_of(*key, parts_.clock.wall_now(), &secret));
}

void KeysApi::list(const Request& request, Response& response) const {
  const auto page = page_in(request, "user_id");
  if (!page) {
    return answer(response, page.error());
  }
  const auto user_id = number_in_query(request, "user_id", 1, INT64_MAX);
  if (!user_id) {
    return answer(response, user_id.error());
  }
  const auto keys = parts_.directory.list_keys(*user_id, *page);
  if (!keys) {
    return answer(response, keys.error(), parts_.log);
  }
  json list = json::array();
  for (const ApiKey& key : *keys) {
    list.push_back(members_of(key, parts_.clock.wall_now()));
  }
  const bool more = keys->size() == page->limit;
  answer_json(response, 200,
              {{"schema_version", 1},
               {"keys", list},
               {"next_after", more ? json(keys->back().id) : json(nullptr)}});
}

void KeysApi::show(const Request& request, Response& response) const {
  const auto id = key_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  const auto key = parts_.directory.find_key(*id);
  if (!key) {
    return answer(response, key.error(), parts_.log);
  }
  answer_json(response, 200, document_of(*key, parts_.clock.wall_now()));
}

void KeysApi::rotate(const Request& request, Response& response) const {
  const auto id = key_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  JsonBody body(request.body.empty() ? "{}" : request.body);
  const auto grace = body.integer("grace_seconds", 0, kLongestGrace);
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  const std::string secret = make_api_key(parts_.random);
  const auto key =
      parts_.directory.rotate_key(*id,
                                  {.grace = std::chrono::seconds{grace.value_or(kUsualGrace)},
                                   .digest = sha256(secret),
                                   .hint = hint_of(secret)},
                                  actor_of(request));
  if (!key) {
    return answer(response, key.error(), parts_.log);
  }
  parts_.log.info("key rotated", {{"key", key_name_of(key->id)},
                                  {"grace_seconds", grace.value_or(kUsualGrace)},
                                  {"by", admin_name(request)}});
  answer_secret(response, 200, document_of(*key, parts_.clock.wall_now(), &secret));
}

void KeysApi::revoke(const Request& request, Response& response) const {
  const auto id = key_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  const auto key = parts_.directory.revoke_key(*id, actor_of(request));
  if (!key) {
    return answer(response, key.error(), parts_.log);
  }
  parts_.log.info("key revoked", {{"key", key_name_of(key->id)}, {"by", admin_name(request)}});
  answer_json(response, 200, document_of(*key, parts_.clock.wall_now()));
}

void KeysApi::audit(const Request& request, Response& response) const {
  for (const auto& [name, value] : request.params) {
    if (name != "since" && name != "before" && name != "limit") {
      return answer(
          response,
          {.status = 400, .title = {}, .detail = "the query may have since, before and limit"});
    }
  }
  const auto since = number_in_query(request, "since", 0, kLatestSince);
  const auto before = number_in_query(request, "before", 1, INT64_MAX);
  const auto limit = number_in_query(request, "limit", 1, kMaxPage);
  for (const auto* const asked : {&since, &before, &limit}) {
    if (!*asked) {
      return answer(response, asked->error());
    }
  }
  AuditQuery query;
  query.since = WallTime{std::chrono::seconds{since->value_or(0)}};
  query.before = before->value_or(query.before);
  query.limit = static_cast<std::uint32_t>(limit->value_or(query.limit));
  const auto entries = parts_.directory.audit(query);
  if (!entries) {
    return answer(response, entries.error(), parts_.log);
  }
  json list = json::array();
  for (const AuditEntry& entry : *entries) {
    list.push_back({{"id", entry.id},
                    {"at", format_utc(entry.at)},
                    {"actor", entry.actor},
                    {"origin", entry.origin},
                    {"action", entry.action},
                    {"subject", entry.subject},
                    {"before", entry.before},
                    {"after", entry.after}});
  }
  const bool more = entries->size() == query.limit;
  answer_json(response, 200,
              {{"schema_version", 1},
               {"entries", list},
               {"next_before", more ? json(entries->back().id) : json(nullptr)}});
}

}  // namespace rl::http
