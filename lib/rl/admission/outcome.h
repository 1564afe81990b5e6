#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "rl/base/clock.h"
#include "rl/config/policy.h"
#include "rl/health/health_word.h"
#include "rl/limit/decision.h"
#include "rl/store/store.h"

namespace rl {

/// What one rule said to a request.
struct RuleOutcome {
  const Rule* rule = nullptr;  ///< lives as long as the policy of its Outcome
  Decision decision;
};

/// The decision of a whole request, and all that was known when it was made. Headers, problem
/// documents and reports come from here alone.
class Outcome {
 public:
  bool allowed = false;
  std::uint32_t cost = 1;
  std::shared_ptr<const Policy> policy;
  const Tier* tier = nullptr;
  Health health;
  WallTime at{};           ///< when it was decided
  Micros took{0};          ///< how long the decision took
  std::string_view store;  ///< which store counted: "memory"

  std::span<const RuleOutcome> rules() const { return std::span(rules_).first(count_); }
  void add(const RuleOutcome& rule) { rules_[count_++] = rule; }

  /// The enforced rule that matters to the caller: of a denial the one with the longest
  /// retry-after, of an admission the one with the smallest remaining. nullptr: no enforced rule.
  const RuleOutcome* binding() const;

 private:
  std::array<RuleOutcome, kMaxCharges> rules_{};
  std::size_t count_ = 0;
};

}  // namespace rl
