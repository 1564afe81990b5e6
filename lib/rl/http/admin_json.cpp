#include "rl/http/admin_json.h"

#include <algorithm>

#include "rl/base/duration.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json to_json(const std::vector<Rule>& rules, HealthState state) {
  json limits = json::array();
  for (const Rule& rule : rules) {
    limits.push_back({{"name", rule.name},
                      {"window", format_duration(rule.window)},
                      {"scope", to_string(rule.scope)},
                      {"algorithm", to_string(rule.algorithm)},
                      {"base", rule.base},
                      {"burst", rule.burst},
                      {"degraded", rule.degraded},
                      {"enforce", rule.enforce},
                      {"effective", rule.effective(state)}});
  }
  return limits;
}

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

json to_json(const Policy& policy, HealthState state) {
  json tiers = json::array();
  for (const Tier& tier : policy.tiers) {
    tiers.push_back({{"name", tier.name},
                     {"description", tier.description},
                     {"shed_order", tier.shed_order},
                     {"unlimited", tier.unlimited},
                     {"limits", to_json(tier.rules, state)}});
  }
  json routes = json::array();
  for (const Route& route : policy.routes) {
    routes.push_back(
        {{"match", route.match}, {"cost", route.cost}, {"limits", to_json(route.rules, state)}});
  }
  return {{"schema_version", 1},
          {"policy_version", policy.version},
          {"source", policy.source},
          {"default_tier", policy.default_tier},
          {"anonymous_tier", or_null(policy.anonymous_tier)},
          {"tiers", tiers},
          {"global", to_json(policy.global_rules, state)},
          {"routes", routes}};
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
