#include "rl/admission/admission.h"

#include <array>
#include <memory>
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

}  // namespace

/// One request on its way through the store. The caller outlives it, and it stays where it is.
class Admission::Request {
 public:
  Request(const Parts& parts, const Caller& caller, const RequestTarget& target, Mode mode)
      : parts_(parts), caller_(caller), mode_(mode), begin_(parts.clock.now()) {
    outcome_.policy = parts_.policies.snapshot();
    outcome_.health = parts_.health.read();
    const Policy& policy = *outcome_.policy;
    const Tier* const own_tier = policy.find_tier(caller.tier);
    outcome_.tier = own_tier != nullptr ? own_tier : policy.find_tier(policy.default_tier);
    const Route* const route = policy.match_route(target.method, target.path);
    outcome_.cost = target.cost.value_or(route != nullptr ? route->cost : 1);
    add(outcome_.tier->rules);
    add(policy.global_rules);
    if (route != nullptr) {
      add(route->rules);
    }
    asked_ = parts_.clock.now();
  }

  std::span<const Charge> charges() const { return std::span(charges_).first(count_); }
  std::span<Decision> decisions() { return std::span(decisions_).first(count_); }

  /// What came of it, once the store is done with the decisions.
  Result<Outcome> finish(const Result<std::string_view>& by) {
    const Instant answered = parts_.clock.now();
    parts_.counters.store_time().observe(answered - asked_);
    if (!by) {
      parts_.counters.count_store_error();
      return fail_with(by.error());
    }
    outcome_.took = answered - begin_;
    outcome_.at = parts_.clock.wall_now();
    outcome_.store = *by;
    outcome_.allowed = true;
    for (std::size_t i = 0; i < count_; ++i) {
      outcome_.add({.rule = rules_[i], .decision = decisions_[i]});
      outcome_.allowed = outcome_.allowed && (decisions_[i].allowed || !rules_[i]->enforce);
    }
    if (mode_ == Mode::kAcquire) {
      count();
    }
    return std::move(outcome_);
  }

 private:
  void add(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
      rules_[count_] = &rule;
      charges_[count_] = {
          .bucket = {.owner = owner_of(rule, caller_, *outcome_.tier), .rule = rule.id},
          .limit = {.algorithm = rule.algorithm,
                    .window = rule.window,
                    .units = rule.effective(outcome_.health.state),
                    .base = rule.base,
                    .degraded = rule.degraded},
          .cost = outcome_.cost,
          .enforce = rule.enforce,
          .on_store_failure = outcome_.tier->on_store_failure};
      ++count_;
    }
  }

  void count() const {
    parts_.counters.count(outcome_.tier->name, outcome_.allowed,
                          outcome_.allowed ? std::string_view() : outcome_.binding()->rule->id);
    parts_.counters.decision_time().observe(outcome_.took);
    if (parts_.usage != nullptr && caller_.user_id != 0) {
      parts_.usage->count({.user = caller_.user_id, .key = caller_.key_number}, outcome_.at,
                          outcome_.allowed);
    }
  }

  const Parts& parts_;
  const Caller& caller_;
  const Mode mode_;
  const Instant begin_;
  Instant asked_{};
  Outcome outcome_;
  std::array<Charge, kMaxCharges> charges_;
  std::array<const Rule*, kMaxCharges> rules_;
  std::array<Decision, kMaxCharges> decisions_;
  std::size_t count_ = 0;
};

Result<Outcome> Admission::decide(const Caller& caller, const RequestTarget& target,
                                  Mode mode) const {
  Request request(parts_, caller, target, mode);
  return request.finish(parts_.store.decide(request.charges(), mode, request.decisions()));
}

void Admission::decide_later(Caller caller, const RequestTarget& target, Mode mode,
                             Decided done) const {
  if (!parts_.store.waits()) {
    return done(decide(caller, target, mode));
  }
  struct Parked {
    Parked(const Parts& parts, Caller who, const RequestTarget& target, Mode mode)
        : caller(std::move(who)), request(parts, caller, target, mode) {}
    Caller caller;
    Request request;
  };
  const auto parked = std::make_shared<Parked>(parts_, std::move(caller), target, mode);
  parts_.store.decide_later(parked->request.charges(), mode, parked->request.decisions(),
                            [parked, done = std::move(done)](const Result<std::string_view>& by) {
                              done(parked->request.finish(by));
                            });
}

}  // namespace rl
