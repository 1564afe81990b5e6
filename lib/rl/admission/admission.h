#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "rl/admission/outcome.h"
#include "rl/base/result.h"
#include "rl/config/policy_register.h"
#include "rl/health/health_word.h"
#include "rl/identity/caller.h"
#include "rl/metrics/decision_counters.h"
#include "rl/metrics/usage_meter.h"

namespace rl {

/// What a request asks for.
struct RequestTarget {
  std::string_view method;
  std::string_view path;                   ///< without the query
  std::optional<std::uint32_t> cost = {};  ///< units; otherwise the route's cost, otherwise 1
};

/// The one place where a request is decided: the tier's rules, the global ones and the route's,
/// with the numbers of the health in force, as one step of the store. Safe from several threads.
/// Everything it is given outlives it.
class Admission {
 public:
  struct Parts {
    const PolicyRegister& policies;
    const HealthWord& health;
    Store& store;
    const Clock& clock;
    DecisionCounters& counters;
    UsageMeter* usage = nullptr;  ///< nullptr: who uses how much is not counted
  };

  explicit Admission(const Parts& parts) : parts_(parts) {}

  /// Decides, and with Mode::kAcquire counts. A caller whose tier is no longer in the policy gets
  /// the default tier. Fails only when the store cannot be reached.
  Result<Outcome> decide(const Caller& caller, const RequestTarget& target, Mode mode) const;

  /// Hears what decide() would have returned.
  using Decided = std::function<void(const Result<Outcome>&)>;

  /// decide() without waiting for a store that other processes share. `done` is called once, on any
  /// thread, maybe before this returns, and itself waits for nothing.
  void decide_later(Caller caller, const RequestTarget& target, Mode mode, Decided done) const;

 private:
  class Request;

  Parts parts_;
};

}  // namespace rl
