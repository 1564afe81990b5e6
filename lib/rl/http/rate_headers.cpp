#include "rl/http/rate_headers.h"

#include <fmt/core.h>

#include <algorithm>

#include "rl/base/duration.h"
#include "rl/http/http_date.h"

namespace rl::http {
namespace {

std::int64_t retry_seconds(const Decision& decision) {
  return std::max<std::int64_t>(1, ceil_seconds(decision.retry_after));
}

std::int64_t epoch_seconds(WallTime time) {
  return ceil_seconds(time.time_since_epoch());
}

/// Adds an entry of a list: a label in quotes and what follows it.
void begin_entry(std::string& list, std::string_view label) {
  list.append(list.empty() ? "\"" : ", \"").append(label).append("\"");
}

void add_lists(const Outcome& outcome, HeaderFields& fields) {
  std::string policy;
  std::string state;
  for (const RuleOutcome& entry : outcome.rules()) {
    const Rule& rule = *entry.rule;
    if (!rule.enforce) {
      continue;  // a shadow rule is the operator's business
    }
    const Decision& decision = entry.decision;
    begin_entry(policy, rule.label);
    policy.append(";q=").append(std::to_string(decision.limit));
    if (rule.window % std::chrono::seconds{1} == Micros::zero()) {  // w takes whole seconds only
      policy.append(";w=").append(std::to_string(rule.window / std::chrono::seconds{1}));
    }
    begin_entry(state, rule.label);
    state.append(";r=").append(std::to_string(decision.remaining));
    state.append(";t=").append(std::to_string(ceil_seconds(decision.reset_after)));
  }
  if (!policy.empty()) {
    fields.emplace_back("RateLimit", std::move(state));
    fields.emplace_back("RateLimit-Policy", std::move(policy));
  }
}

std::string context_of(const Outcome& outcome) {
  std::string text;
  text.reserve(96);
  text.append("tier=").append(outcome.tier->name);
  text.append(";state=").append(to_string(outcome.health.state));
  text.append(";health=").append(std::to_string(outcome.health.version));
  text.append(";policy=").append(std::to_string(outcome.policy->version));
  return text.append(";store=").append(outcome.store);
}

/// "1 unit", "5 units".
std::string units(std::uint32_t count) {
  return fmt::format("{} unit{}", count, count == 1 ? "" : "s");
}

std::string detail_of(const Outcome& outcome, const RuleOutcome& binding) {
  const Rule& rule = *binding.rule;
  const Decision& decision = binding.decision;
  const std::string allows = fmt::format(
      "limit \"{}\" allows {} per {} for tier \"{}\" while {}", rule.label, units(decision.limit),
      format_duration(rule.window), outcome.tier->name, to_string(outcome.health.state));
  if (decision.limit == 0) {
    return allows + ": it is blocked";
  }
  if (decision.retry_after == kNever) {
    return fmt::format("{}, and this request takes {}: it can never pass", allows,
                       units(outcome.cost));
  }
  return fmt::format("{}; retry in {} s", allows, retry_seconds(decision));
}

}  // namespace

HeaderFields rate_headers(const Outcome& outcome, const HeaderGroups& groups) {
  constexpr std::size_t kMost = 12;
  HeaderFields fields;
  fields.reserve(kMost);
  const RuleOutcome* const binding = outcome.binding();
  if (!outcome.allowed) {
    fields.emplace_back("Cache-Control", "no-store");
  }
  fields.emplace_back("Date", http_date(outcome.at));
  if (groups.ratelimit) {
    add_lists(outcome, fields);
  }
  if (!outcome.allowed && binding->decision.retry_after != kNever) {
    fields.emplace_back("Retry-After", std::to_string(retry_seconds(binding->decision)));
  }
  if (groups.server_timing) {
    const std::chrono::duration<double, std::milli> took = outcome.took;
    fields.emplace_back("Server-Timing", fmt::format("rl;dur={:.3f}", took.count()));
  }
  if (groups.context) {
    fields.emplace_back("X-RateLimit-Context", context_of(outcome));
  }
  if (binding != nullptr && groups.x_ratelimit) {
    const Decision& decision = binding->decision;
    fields.emplace_back("X-RateLimit-Limit", std::to_string(decision.limit));
    fields.emplace_back("X-RateLimit-Remaining", std::to_string(decision.remaining));
    fields.emplace_back("X-RateLimit-Reset",
                        std::to_string(epoch_seconds(outcome.at + decision.reset_after)));
  }
  return fields;
}

Problem quota_problem(const Outcome& outcome) {
  const RuleOutcome& binding = *outcome.binding();
  nlohmann::ordered_json violated = nlohmann::ordered_json::array();
  for (const RuleOutcome& entry : outcome.rules()) {
    if (entry.rule->enforce && !entry.decision.allowed) {
      violated.push_back(entry.rule->label);
    }
  }
  Problem problem{.status = 429,
                  .title = "Quota exceeded",
                  .detail = detail_of(outcome, binding),
                  .type = "https://iana.org/assignments/http-problem-types#quota-exceeded"};
  problem.members["violated-policies"] = std::move(violated);
  if (binding.decision.retry_after != kNever) {
    problem.members["retry_after_seconds"] = retry_seconds(binding.decision);
  }
  return problem;
}

}  // namespace rl::http
