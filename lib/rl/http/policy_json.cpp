#include "rl/http/policy_json.h"

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

}  // namespace

json to_json(const Policy& policy, HealthState state) {
  json tiers = json::array();
  for (const Tier& tier : policy.tiers) {
    tiers.push_back(
        {{"name", tier.name},
         {"description", tier.description},
         {"shed_order", tier.shed_order},
         {"on_store_failure",
          tier.on_store_failure ? json(to_string(*tier.on_store_failure)) : json(nullptr)},
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

json to_json(const Diagnostics& diagnostics) {
  json faults = json::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    faults.push_back({{"file", diagnostic.file},
                      {"line", diagnostic.line},
                      {"column", diagnostic.column},
                      {"message", diagnostic.message},
                      {"hint", diagnostic.hint}});
  }
  return faults;
}

json to_json(const std::optional<RejectedFile>& rejected) {
  if (!rejected) {
    return nullptr;
  }
  return {{"at", format_utc(rejected->at)}, {"diagnostics", to_json(rejected->diagnostics)}};
}

json to_json(const PolicyUpdate& update, bool dry_run) {
  json changes = json::array();
  for (const PolicyChange& change : update.changes) {
    changes.push_back({{"kind", to_string(change.kind)},
                       {"where", change.where},
                       {"member", change.member},
                       {"before", change.before},
                       {"after", change.after}});
  }
  return {{"schema_version", 1},
          {"previous_version", update.before},
          {"policy_version", update.version},
          {"dry_run", dry_run},
          {"changes", changes}};
}

json to_json(const std::vector<PolicyRevision>& history) {
  json revisions = json::array();
  for (const PolicyRevision& revision : history) {
    revisions.push_back({{"version", revision.policy->version},
                         {"at", format_utc(revision.at)},
                         {"cause", revision.cause},
                         {"changes", revision.changes},
                         {"tiers", revision.policy->tiers.size()}});
  }
  return {{"schema_version", 1}, {"revisions", revisions}};
}

}  // namespace rl::http
