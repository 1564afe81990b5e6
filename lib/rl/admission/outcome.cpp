#include "rl/admission/outcome.h"

namespace rl {

const RuleOutcome* Outcome::binding() const {
  const RuleOutcome* chosen = nullptr;
  for (const RuleOutcome& candidate : rules()) {
    if (!candidate.rule->enforce) {
      continue;
    }
    const Decision& decision = candidate.decision;
    const bool stronger =
        chosen == nullptr || (allowed ? decision.remaining < chosen->decision.remaining
                                      : decision.retry_after > chosen->decision.retry_after);
    if (stronger) {
      chosen = &candidate;
    }
  }
  return chosen;
}

}  // namespace rl
