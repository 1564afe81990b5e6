#include "rl/admission/admission.h"

#include <array>
#include <utility>

namespace rl {
namespace {

/// Whose units a rule counts. Tier names have no colon, so they never meet "k:…", "u:…" or "a:…".
std::string_view owner_of(const Rule& rule, const Caller& caller, const Tier& tier) {
  switch (rule.scope) {
    case Scope::kKey:
      return caller.key_owner;
    case Scope::kUser:
      return caller.user_owner;
    case Scope::kTier:
      return tier.name;
    case Scope::kRoute:
      return "r:";
    case Scope::kGlobal:
      return "g:";
  }
  return caller.key_owner;
}

/// The charges of one request in a fixed array, and the rules they came from.
class Charges {
 public:
  Charges(const Caller& caller, const Tier& tier, HealthState state, std::uint32_t cost)
      : caller_(caller), tier_(tier), state_(state), cost_(cost) {}

  void add(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
      rules_[count_] = &rule;
      charges_[count_] = {.bucket = {.owner = owner_of(rule, caller_, tier_), .rule = rule.id},
                          .limit = {.algorithm = rule.algorithm,
                                    .window = rule.window,
                                    .units = rule.effective(state_),
                                    .base = rule.base,
                                    .degraded = rule.degraded},
                          .cost = cost_,
                          .enforce = rule.enforce,
                          .on_store_failure = tier_.on_store_failure};
      ++count_;
    }
  }

  std::size_t size() const { return count_; }
  std::span<const Charge> all() const { return std::span(charges_).first(count_); }
  const Rule* rule(std::size_t i) const { return rules_[i]; }

 private:
  const Caller& caller_;
  const Tier& tier_;
  HealthState state_;
  std::uint32_t cost_;
  std::array<Charge, kMaxCharges> charges_;
  std::array<const Rule*, kMaxCharges> rules_;
  std::size_t count_ = 0;
};

}  // namespace

Result<Outcome> Admission::decide(const Caller& caller, const RequestTarget& target,
                                  Mode mode) const {
  const Instant begin = parts_.clock.now();
  Outcome outcome;
  outcome.policy = parts_.policies.snapshot();
  outcome.health = parts_.health.read();
  const Policy& policy = *outcome.policy;
  const Tier* const own_tier = policy.find_tier(caller.tier);
  outcome.tier = own_tier != nullptr ? own_tier : policy.find_tier(policy.default_tier);
  const Route* const route = policy.match_route(target.method, target.path);
  outcome.cost = target.cost.value_or(route != nullptr ? route->cost : 1);

  Charges charges(caller, *outcome.tier, outcome.health.state, outcome.cost);
  charges.add(outcome.tier->rules);
  charges.add(policy.global_rules);
  if (route != nullptr) {
    charges.add(route->rules);
  }

  std::array<Decision, kMaxCharges> decisions;
  const Instant asked = parts_.clock.now();
  const auto done =
      parts_.store.decide(charges.all(), mode, std::span(decisions).first(charges.size()));
  const Instant answered = parts_.clock.now();
  parts_.counters.store_time().observe(answered - asked);
  if (!done) {
    parts_.counters.count_store_error();
    return fail_with(done.error());
  }
  outcome.took = answered - begin;
  outcome.at = parts_.clock.wall_now();
  outcome.store = *done;
  outcome.allowed = true;
  for (std::size_t i = 0; i < charges.size(); ++i) {
    outcome.add({.rule = charges.rule(i), .decision = decisions[i]});
    outcome.allowed = outcome.allowed && (decisions[i].allowed || !charges.rule(i)->enforce);
  }
  if (mode == Mode::kAcquire) {
    parts_.counters.count(outcome.tier->name, outcome.allowed,
                          outcome.allowed ? std::string_view() : outcome.binding()->rule->id);
    parts_.counters.decision_time().observe(outcome.took);
    if (parts_.usage != nullptr && caller.user_id != 0) {
      parts_.usage->count({.user = caller.user_id, .key = caller.key_number}, outcome.at,
                          outcome.allowed);
    }
  }
  return outcome;
}

}  // namespace rl
