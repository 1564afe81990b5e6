#include "rl/http/users_api.h"

#include <fmt/core.h>

#include <utility>

#include "rl/base/duration.h"
#include "rl/http/admin_json.h"
#include "rl/http/check_request.h"
#include "rl/http/directory_problem.h"
#include "rl/http/json_body.h"
#include "rl/http/rate_headers.h"
#include "rl/identity/directory_identity.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kLongestTier = 64;  // of one that may be mistyped
constexpr char kQuotaRoute[] = "/requests";

json to_json(const User& user) {
  return {{"id", user.id},
          {"name", user.name},
          {"tier", user.tier},
          {"version", user.version},
          {"created", format_utc(user.created)}};
}

void answer_undecided(httplib::Response& response) {
  answer(response, {.status = 503, .title = {}, .detail = "the limits cannot be checked now"});
}

Problem no_such_user(std::uint64_t id) {
  return {.status = 404, .title = {}, .detail = fmt::format("there is no user {}", id)};
}

}  // namespace

void UsersApi::mount(Server& server, const AdminGuard& guard) const {
  const auto route = [this, &guard](void (UsersApi::*method)(const Request&, Response&) const) {
    return guard.protect([this, method](const Request& request, Response& response) {
      (this->*method)(request, response);
    });
  };
  server.post("/users", route(&UsersApi::create));
  server.get("/users", route(&UsersApi::list));
  server.get("/users/{id}", route(&UsersApi::show));
  server.patch("/users/{id}", route(&UsersApi::change));
  server.del("/users/{id}", route(&UsersApi::remove));
  server.get("/users/{id}/quota", route(&UsersApi::quota));
  server.post("/requests", route(&UsersApi::record));
}

void UsersApi::create(const Request& request, Response& response) const {
  JsonBody body(request.body);
  const auto name = read_name(body, "name", kLongestUserName);
  const auto tier = body.text("tier", kLongestTier);
  if (!name) {
    body.reject("\"name\" is missing");
  }
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  const auto policy = parts_.policies.snapshot();
  const std::string chosen = tier.value_or(policy->default_tier);
  if (const auto problem = unknown_tier(*policy, chosen)) {
    return answer(response, *problem);
  }
  const auto user =
      parts_.directory.create_user({.name = *name, .tier = chosen}, actor_of(request));
  if (!user) {
    return answer(response, user.error(), parts_.log);
  }
  parts_.log.info("user created",
                  {{"user", user->id}, {"tier", user->tier}, {"by", admin_name(request)}});
  response.set_header("Location", fmt::format("/users/{}", user->id));
  answer_json(response, 201, to_json(*user));
}

void UsersApi::list(const Request& request, Response& response) const {
  const auto page = page_in(request);
  if (!page) {
    return answer(response, page.error());
  }
  const auto users = parts_.directory.list_users(*page);
  if (!users) {
    return answer(response, users.error(), parts_.log);
  }
  json list = json::array();
  for (const User& user : *users) {
    list.push_back(to_json(user));
  }
  const bool more = users->size() == page->limit;
  answer_json(response, 200,
              {{"users", list}, {"next_after", more ? json(users->back().id) : json(nullptr)}});
}

void UsersApi::show(const Request& request, Response& response) const {
  const auto id = user_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  const auto user = parts_.directory.find_user(*id);
  if (!user) {
    return answer(response, user.error(), parts_.log);
  }
  answer_json(response, 200, to_json(*user));
}

void UsersApi::change(const Request& request, Response& response) const {
  const auto id = user_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  JsonBody body(request.body);
  const auto tier = body.text("tier", kLongestTier);
  const auto version = body.integer("version", 1, INT64_MAX);
  if (!tier) {
    body.reject("\"tier\" is missing");
  }
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  if (const auto problem = unknown_tier(*parts_.policies.snapshot(), *tier)) {
    return answer(response, *problem);
  }
  std::optional<std::uint64_t> expected;
  if (version) {
    expected = static_cast<std::uint64_t>(*version);
  }
  const auto user = parts_.directory.set_tier(*id, *tier, expected, actor_of(request));
  if (!user) {
    return answer(response, user.error(), parts_.log);
  }
  parts_.log.info("user changed",
                  {{"user", user->id}, {"tier", user->tier}, {"by", admin_name(request)}});
  answer_json(response, 200, to_json(*user));
}

void UsersApi::remove(const Request& request, Response& response) const {
  const auto id = user_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  const auto user = parts_.directory.delete_user(*id, actor_of(request));
  if (!user) {
    return answer(response, user.error(), parts_.log);
  }
  parts_.log.info("user deleted", {{"user", user->id}, {"by", admin_name(request)}});
  answer_json(response, 200, to_json(*user));
}

void UsersApi::quota(const Request& request, Response& response) const {
  const auto id = user_id_in(request);
  if (!id) {
    return answer(response, id.error());
  }
  const auto caller = parts_.identity.find_user(*id);
  if (!caller) {
    return answer_undecided(response);
  }
  if (!*caller) {
    return answer(response, no_such_user(*id));
  }
  const auto outcome =
      parts_.admission.decide(**caller, {.method = "POST", .path = kQuotaRoute}, Mode::kPeek);
  if (!outcome) {
    return answer_undecided(response);
  }
  auto document = rl::http::to_json(*outcome, **caller, false);
  auto keys = quotas_of_keys(**caller);
  if (!keys) {
    return answer(response, keys.error(), parts_.log);
  }
  document["keys"] = std::move(*keys);
  answer_json(response, 200, document);
}

DirectoryResult<json> UsersApi::quotas_of_keys(const Caller& user) const {
  json quotas = json::array();
  Page page{.limit = kMaxPage};
  for (;;) {
    const auto keys = parts_.directory.list_keys(user.user_id, page);
    if (!keys) {
      return fail_with(keys.error());
    }
    for (const ApiKey& key : *keys) {
      if (key.revoked_at) {
        continue;
      }
      const Caller caller = caller_of({.key_id = key.id,
                                       .user_id = user.user_id,
                                       .user_name = user.user_name,
                                       .tier = key.tier.value_or(user.tier),
                                       .valid_until = {}});
      const auto outcome =
          parts_.admission.decide(caller, {.method = "POST", .path = kQuotaRoute}, Mode::kPeek);
      if (!outcome) {
        return fail_with(DirectoryError{.message = outcome.error().message});
      }
      const json whole = rl::http::to_json(*outcome, caller, false);
      json quota;
      for (const char* const member : {"key_id", "tier", "allowed", "limits"}) {
        quota[member] = whole[member];
      }
      quotas.push_back(std::move(quota));
    }
    if (keys->size() < page.limit) {
      return quotas;
    }
    page.after = keys->back().id;
  }
}

void UsersApi::record(const Request& request, Response& response) const {
  JsonBody body(request.body);
  const auto id = body.integer("user_id", 1, INT64_MAX);
  const auto cost = body.integer("cost", 0, kMaxCost);
  const auto route = parse_route(body.text("route", 8192).value_or("POST /requests"));
  if (!id) {
    body.reject("\"user_id\" is missing");
  }
  if (!route) {
    body.reject("\"route\" is METHOD and PATH, such as \"POST /v1/transcribe\"");
  }
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  const auto user_id = static_cast<std::uint64_t>(*id);
  const auto caller = parts_.identity.find_user(user_id);
  if (!caller) {
    return answer_undecided(response);
  }
  if (!*caller) {
    return answer(response, no_such_user(user_id));
  }
  RequestTarget target{.method = route->first, .path = route->second};
  if (cost) {
    target.cost = static_cast<std::uint32_t>(*cost);
  }
  const auto outcome = parts_.admission.decide(**caller, target, Mode::kAcquire);
  if (!outcome) {
    return answer_undecided(response);
  }
  for (const auto& [name, value] : rate_headers(*outcome)) {
    response.set_header(name, value);
  }
  if (!outcome->allowed) {
    return answer(response, quota_problem(*outcome));
  }
  answer_json(response, 200, rl::http::to_json(*outcome, **caller, true));
}

}  // namespace rl::http
