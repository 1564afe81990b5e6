#include "rl/http/admin_api.h"

#include <fmt/core.h>

#include "rl/http/admin_json.h"
#include "rl/http/check_request.h"
#include "rl/http/json_body.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kLongestKey = 256;

}  // namespace

AdminApi::AdminApi(const Parts& parts, InstanceInfo instance, const AdminGuard& guard)
    : parts_(parts),
      instance_(std::move(instance)),
      guard_(guard),
      health_({.health = parts.health,
               .fleet = parts.fleet,
               .shared = parts.shared,
               .directory = parts.directory,
               .clock = parts.clock,
               .log = parts.log}),
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
  server.post("/admin/v1/check", route(AdminRole::kRead, &AdminApi::post_check));
  server.get("/admin/v1/snapshot", route(AdminRole::kRead, &AdminApi::get_snapshot));
  health_.mount(server, guard_);
  tiers_.mount(server, guard_);
  users_.mount(server, guard_);
  keys_.mount(server, guard_);
  transfer_.mount(server, guard_);
  usage_.mount(server, guard_);
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

json AdminApi::store_document() const {
  const StoreStats store = parts_.store.stats();
  json document = {{"kind", parts_.store.kind()},      {"buckets", store.buckets},
                   {"max_buckets", store.max_buckets}, {"bytes", store.bytes},
                   {"max_bytes", store.max_bytes},     {"evicted_live", store.evicted_live},
                   {"expired", store.expired}};
  if (parts_.shared != nullptr) {
    document["shared"] = to_json(parts_.shared->shared_stats());
  }
  return document;
}

void AdminApi::get_snapshot(const Request&, Response& response) const {
  const auto policy = parts_.policies.snapshot();
  const TiersFile::Counts loads = parts_.tiers_file.counts();
  const auto rejected = parts_.tiers_file.rejected();
  const FleetStats fleet = parts_.fleet.stats();
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
               {"store", store_document()},
               {"fleet",
                {{"shared", fleet.shared},
                 {"reachable", fleet.reachable},
                 {"subscribed", fleet.subscribed},
                 {"by_message", fleet.by_message},
                 {"by_poll", fleet.by_poll},
                 {"written_back", fleet.written_back},
                 {"reconnects", fleet.reconnects},
                 {"instances", to_json(parts_.fleet.instances())}}},
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

}  // namespace rl::http
