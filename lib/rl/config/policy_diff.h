#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rl/config/policy.h"

namespace rl {

enum class ChangeKind { kAdded, kRemoved, kChanged };

/// "added", "removed" or "changed".
std::string_view to_string(ChangeKind kind);

/// One difference between two policies, in the words of the tiers file.
struct PolicyChange {
  ChangeKind kind = ChangeKind::kChanged;
  std::string where;        ///< "tiers.free.limits.1m"; empty: the top of the file
  std::string member = {};  ///< "burst"; empty when the whole was added or removed
  std::string before = {};  ///< as in the file; empty when it was not there
  std::string after = {};
};

/// What separates two policies. The order of tiers, limits and routes is no difference, and neither
/// are version and source. A limit that goes by another name is one removed and one added: its
/// counters start anew; so do those of a limit whose window or algorithm changed.
std::vector<PolicyChange> differences(const Policy& before, const Policy& after);

}  // namespace rl
