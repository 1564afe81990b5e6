#include "rl/http/admin_json.h"

#include <algorithm>

#include "rl/base/duration.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

/// Null for what passes now and for what never can.
json retry_after(const Decision& decision) {
  if (decision.allowed || decision.retry_after == kNever) {
    return nullptr;
  }
  return std::max<std::int64_t>(1, ceil_seconds(decision.retry_after));
}

}  // namespace

json to_json(const HealthRecord& record) {
  return {{"state", to_string(record.health.state)},
          {"version", record.health.version},
          {"source", to_string(record.health.source)},
          {"reason", record.reason},
          {"by", record.by},
          {"since", format_utc(record.since)},
          {"expires_at", record.expires_at ? json(format_utc(*record.expires_at)) : json(nullptr)}};
}

json to_json(const SharedStoreStats& shared) {
  return {{"reachable", shared.reachable},
          {"breaker", shared.breaker},
          {"call_p50_us", shared.call_p50.count()},
          {"call_p99_us", shared.call_p99.count()},
          {"queued", shared.queued},
          {"clock_ahead_us", shared.clock_ahead.count()},
          {"instances", shared.instances},
          {"calls", shared.calls},
          {"asked", shared.asked},
          {"known_denials", shared.denied_here},
          {"fallback", shared.without},
          {"late", shared.late},
          {"unreachable", shared.unreachable},
          {"refused", shared.refused},
          {"overflow", shared.overflow}};
}

json to_json(const std::vector<InstanceRecord>& instances) {
  json list = json::array();
  for (const InstanceRecord& instance : instances) {
    list.push_back({{"id", instance.id},
                    {"version", instance.version},
                    {"data", instance.data},
                    {"admin", instance.admin},
                    {"policy_version", instance.policy_version},
                    {"health_version", instance.health.version},
                    {"state", to_string(instance.health.state)}});
    if (const auto& store = instance.store) {
      list.back()["store"] = {{"kind", store->kind},
                              {"call_p99_us", store->call_p99.count()},
                              {"fallback", store->without}};
    }
  }
  return list;
}

json to_json(const Outcome& outcome, const Caller& caller, bool consumed) {
  json limits = json::array();
  for (const RuleOutcome& entry : outcome.rules()) {
    limits.push_back({{"name", entry.rule->label},
                      {"limit", entry.decision.limit},
                      {"remaining", entry.decision.remaining},
                      {"reset_seconds", ceil_seconds(entry.decision.reset_after)},
                      {"allowed", entry.decision.allowed},
                      {"enforce", entry.rule->enforce},
                      {"retry_after_seconds", retry_after(entry.decision)}});
  }
  const RuleOutcome* const binding = outcome.binding();
  return {{"schema_version", 1},
          {"allowed", outcome.allowed},
          {"tier", outcome.tier->name},
          {"user_id", caller.user_id},
          {"key_id", caller.key_id.empty() ? json(nullptr) : json(caller.key_id)},
          {"cost", outcome.cost},
          {"state", to_string(outcome.health.state)},
          {"health_version", outcome.health.version},
          {"policy_version", outcome.policy->version},
          {"store", outcome.store},
          {"consumed", consumed},
          {"binding", binding == nullptr ? json(nullptr) : json(binding->rule->label)},
          {"retry_after_seconds",
           binding == nullptr || outcome.allowed ? json(nullptr) : retry_after(binding->decision)},
          {"limits", limits}};
}

}  // namespace rl::http
