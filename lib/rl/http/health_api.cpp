#include "rl/http/health_api.h"

#include <fmt/core.h>

#include <utility>

#include "rl/base/text.h"
#include "rl/http/admin_json.h"
#include "rl/http/directory_problem.h"
#include "rl/http/json_body.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t kLongestHealthTtl =
    std::int64_t{31} * 24 * 3600;  // seconds; a state for longer is no exception
constexpr std::size_t kLongestReason = 500;

/// Reads the wish for another health out of a body; faults are left in `body`.
HealthChange read_health_change(JsonBody& body) {
  const auto state = body.text("state", 32);
  const auto ttl = body.integer("ttl_seconds", 1, kLongestHealthTtl);
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

/// Reads ?direct=true; nothing else may be there, as what is spelled wrong must not change
/// anything.
Result<bool, Problem> read_direct(const httplib::Request& request) {
  bool direct = false;
  for (const auto& [name, value] : request.params) {
    if (name != "direct" || (value != "true" && value != "false")) {
      return fail_with(Problem{
          .status = 400, .title = {}, .detail = "the query may have direct, true or false"});
    }
    direct = value == "true";
  }
  return direct;
}

}  // namespace

void HealthApi::mount(Server& server, const AdminGuard& guard) const {
  const auto route = [&](AdminRole needed,
                         void (HealthApi::*method)(const Request&, Response&) const) {
    return guard.protect(needed, [this, method](const Request& request, Response& response) {
      (this->*method)(request, response);
    });
  };
  server.get("/system/health", route(AdminRole::kRead, &HealthApi::get_health));
  server.post("/system/health", route(AdminRole::kOperate, &HealthApi::post_health));
  server.get("/admin/v1/health/history", route(AdminRole::kRead, &HealthApi::get_history));
  server.get("/admin/v1/instances", route(AdminRole::kRead, &HealthApi::get_instances));
}

void HealthApi::get_health(const Request&, Response& response) const {
  answer_json(response, 200, health_document(parts_.health.record()));
}

void HealthApi::post_health(const Request& request, Response& response) const {
  const auto direct = read_direct(request);
  if (!direct) {
    return answer(response, direct.error());
  }
  JsonBody body(request.body);
  HealthChange change = read_health_change(body);
  if (const auto problem = body.finish()) {
    return answer(response, *problem);
  }
  change.by = admin_name(request);
  const HealthRecord before = parts_.health.record();
  const auto set = *direct ? Result<HealthRecord>(parts_.health.set(std::move(change)))
                           : parts_.fleet.set_health(std::move(change));
  if (!set) {
    parts_.log.warn("health not set", {{"reason", set.error().message}});
    return answer(response, {.status = 503,
                             .title = {},
                             .detail = set.error().message,
                             .members = {{"hint", set.error().hint}}});
  }
  record_change(parts_.directory, parts_.clock, parts_.log, request,
                {.actor = {},
                 .action = "health.set",
                 .subject = fmt::format("health v{}", set->health.version),
                 .before = words_of(before),
                 .after = words_of(*set)});
  parts_.log.info("health set", {{"state", to_string(set->health.state)},
                                 {"version", set->health.version},
                                 {"by", set->by},
                                 {"reason", set->reason}});
  answer_json(response, 200, health_document(*set));
}

void HealthApi::get_history(const Request&, Response& response) const {
  json records = json::array();
  for (const HealthRecord& record : parts_.fleet.history()) {
    records.push_back(to_json(record));
  }
  answer_json(response, 200, {{"schema_version", 1}, {"records", records}});
}

void HealthApi::get_instances(const Request&, Response& response) const {
  answer_json(response, 200,
              {{"schema_version", 1}, {"instances", to_json(parts_.fleet.instances())}});
}

json HealthApi::health_document(const HealthRecord& record) const {
  json document = to_json(record);
  document["instances"] = json::array();
  for (const InstanceRecord& instance : parts_.fleet.instances()) {
    document["instances"].push_back({{"id", instance.id},
                                     {"version", instance.health.version},
                                     {"state", to_string(instance.health.state)}});
    if (instance.store) {
      document["instances"].back()["store"] = instance.store->kind;
    }
  }
  if (parts_.shared != nullptr) {
    document["store"] = {{"kind", parts_.shared->kind()}};
    document["store"].update(to_json(parts_.shared->shared_stats()));
  }
  return document;
}

}  // namespace rl::http
