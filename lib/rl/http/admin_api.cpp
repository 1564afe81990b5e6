#include "rl/http/admin_api.h"

#include <fmt/core.h>

#include "rl/base/duration.h"
#include "rl/base/text.h"
#include "rl/http/admin_json.h"
#include "rl/http/check_request.h"
#include "rl/http/directory_problem.h"
#include "rl/http/json_body.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t kLongestTtl =
    std::int64_t{31} * 24 * 3600;  // seconds; a state for longer is no exception
constexpr std::size_t kLongestReason = 500;
constexpr std::size_t kLongestKey = 256;

/// Reads the wish for another health out of a body; faults are left in `body`.
HealthChange read_health_change(JsonBody& body) {
  const auto state = body.text("state", 32);
  const auto ttl = body.integer("ttl_seconds", 1, kLongestTtl);
  const auto reason = body.text("reason", kLongestReason);
  const std::string name = to_lower(state.value_or(""));
  if (name != "normal" && name != "degraded") {
    body.reject("\"state\" is \"NORMAL\" or \"DEGRADED\"");
  }
  if (ttl && name == "normal") {
    body.reject("\"ttl_seconds\" ends a DEGRADED state; NORMAL needs none");
  }
  HealthChange change{.state = name == "degraded" ? HealthState::kDegraded : HealthState::kNormal,
                      .reason = reason.value_or("")};
  if (ttl) {
    change.ttl = std::chrono::seconds{*ttl};
  }
  return change;
}

std::string words_of(const HealthRecord& record) {
  std::string words(to_string(record.health.state));
  if (record.expires_at) {
    words += fmt::format(" until {}", format_utc(*record.expires_at));
  }
  return record.reason.empty() ? words : fmt::format("{}: {}", words, record.reason);
}

}  // namespace

AdminApi::AdminApi(const Parts& parts, InstanceInfo instance, const AdminGuard& guard)
    : parts_(parts),
      instance_(std::move(instance)),
      guard_(guard),
      tiers_({.policies = parts.policies,
              .file = parts.tiers_file,
              .health = parts.health.word(),
              .directory = parts.directory,
              .clock = parts.clock,
              .log = parts.log}),
      users_({.directory = parts.directory,
              .policies = parts.policies,
              .identity = parts.identity,
              .admission = parts.admission,
              .log = parts.log}),
      keys_({.directory = parts.directory,
             .policies = parts.policies,
             .random = parts.random,
             .clock = parts.clock,
             .log = parts.log}),
      transfer_({.directory = parts.directory, .policies = parts.policies, .log = parts.log}),
      usage_({.directory = parts.directory,
              .usage = parts.usage,
              .clock = parts.clock,
              .log = parts.log}) {}

void AdminApi::set_addresses(const Address& data, const Address& admin) {
  instance_.data = data;
  instance_.admin = admin;
}

void AdminApi::mount(Server& server) const {
  const auto route = [this](AdminRole needed,
                            void (AdminApi::*method)(const Request&, Response&) const) {
    return guard_.protect(needed, [this, method](const Request& request, Response& response) {
      (this->*method)(request, response);
    });
  };
  server.get("/system/health", route(AdminRole::kRead, &AdminApi::get_health));
  server.post("/system/health", route(AdminRole::kOperate, &AdminApi::post_health));
  server.post("/admin/v1/check", route(AdminRole::kRead, &AdminApi::post_check));
  server.get("/admin/v1/snapshot", route(AdminRole::kRead, &AdminApi::get_snapshot));
  tiers_.mount(server, guard_);
  users_.mount(server, guard_);
  keys_.mount(server, guard_);
  transfer_.mount(server, guard_);
  usage_.mount(server, guard_);
}

void AdminApi::get_health(const Request&, Response& response) const {
  answer_json(response, 200, health_document(parts_.health.record()));
}

void AdminApi::post_health(const Request& request, Response& response) const {
  JsonBody body(request.body);
  HealthChange change = read_health_change(body);
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  change.by = admin_name(request);
  const HealthRecord before = parts_.health.record();
  const HealthRecord record = parts_.health.set(std::move(change));
  record_change(parts_.directory, parts_.clock, parts_.log, request,
                {.actor = {},
                 .action = "health.set",
                 .subject = fmt::format("health v{}", record.health.version),
                 .before = words_of(before),
                 .after = words_of(record)});
  parts_.log.info("health set", {{"state", to_string(record.health.state)},
                                 {"version", record.health.version},
                                 {"by", record.by},
                                 {"reason", record.reason}});
  answer_json(response, 200, health_document(record));
}

void AdminApi::post_check(const Request& request, Response& response) const {
  JsonBody body(request.body);
  const auto key = body.text("key", kLongestKey);
  const auto user_id = body.integer("user_id", 1, INT64_MAX);
  const auto cost = body.integer("cost", 0, kMaxCost);
  const auto route = parse_route(body.text("route", 8192).value_or("GET /"));
  const bool consume = body.boolean("consume").value_or(false);
  if (key.has_value() == user_id.has_value()) {
    body.reject("name either a \"key\" or a \"user_id\"");
  }
  if (!route) {
    body.reject("\"route\" is METHOD and PATH, such as \"POST /v1/transcribe\"");
  }
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  if (consume && request.role < AdminRole::kAdmin) {
    return answer_role_needed(response, AdminRole::kAdmin, request);
  }
  const auto found = key ? parts_.identity.find_key(*key)
                         : parts_.identity.find_user(static_cast<std::uint64_t>(*user_id));
  if (!found) {
    return answer(response, {.status = 503, .title = {}, .detail = "users cannot be read now"});
  }
  const std::optional<Caller>& caller = *found;
  if (!caller) {
    return answer(response, {.status = 404,
                             .title = {},
                             .detail = key ? "no user has this key"
                                           : fmt::format("there is no user {}", *user_id)});
  }
  RequestTarget target{.method = route->first, .path = route->second};
  if (cost) {
    target.cost = static_cast<std::uint32_t>(*cost);
  }
  const auto outcome =
      parts_.admission.decide(*caller, target, consume ? Mode::kAcquire : Mode::kPeek);
  if (!outcome) {
    return answer(response,
                  {.status = 503, .title = {}, .detail = "the limits cannot be checked now"});
  }
  answer_json(response, 200, to_json(*outcome, *caller, consume && outcome->allowed));
}

void AdminApi::get_snapshot(const Request&, Response& response) const {
  const auto policy = parts_.policies.snapshot();
  const TiersFile::Counts loads = parts_.tiers_file.counts();
  const auto rejected = parts_.tiers_file.rejected();
  const StoreStats store = parts_.store.stats();
  const Rates rates = parts_.rates.rates();
  const DecisionTotals total = parts_.counters.total();
  json by_tier = json::object();
  for (const auto& [tier, totals] : parts_.counters.by_tier()) {
    by_tier[tier] = {{"allowed", totals.allowed}, {"denied", totals.denied}};
  }
  const auto uptime =
      std::chrono::floor<std::chrono::seconds>(parts_.clock.now() - instance_.started);
  answer_json(response, 200,
              {{"schema_version", 1},
               {"version", instance_.version},
               {"instance", instance_.id},
               {"uptime_seconds", uptime.count()},
               {"dev", instance_.dev},
               {"listeners",
                {{"data", instance_.data.to_string()}, {"admin", instance_.admin.to_string()}}},
               {"health", to_json(parts_.health.record())},
               {"policy",
                {{"version", policy->version},
                 {"source", policy->source},
                 {"tiers", policy->tiers.size()},
                 {"loaded", loads.loaded},
                 {"refused", loads.refused},
                 {"file_faults", rejected ? rejected->diagnostics.size() : 0}}},
               {"store",
                {{"kind", parts_.store.kind()},
                 {"buckets", store.buckets},
                 {"max_buckets", store.max_buckets},
                 {"bytes", store.bytes},
                 {"max_bytes", store.max_bytes},
                 {"evicted_live", store.evicted_live},
                 {"expired", store.expired}}},
               {"decisions",
                {{"allowed", total.allowed},
                 {"denied", total.denied},
                 {"unauthenticated", parts_.counters.unauthenticated()},
                 {"by_tier", by_tier}}},
               {"rates",
                {{"window_seconds", RateMeter::kSpan.count()},
                 {"requests_per_second", rates.requests_per_second},
                 {"denied_per_second", rates.denied_per_second}}}});
}

json AdminApi::health_document(const HealthRecord& record) const {
  json document = to_json(record);
  document["instances"] = json::array({{{"id", instance_.id},
                                        {"version", record.health.version},
                                        {"state", to_string(record.health.state)}}});
  return document;
}

}  // namespace rl::http
