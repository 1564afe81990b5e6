#pragma once

#include <string>
#include <string_view>

#include "rl/base/result.h"
#include "rl/config/diagnostic.h"
#include "rl/config/policy.h"

namespace rl {

/// Reads the text of a tiers.toml into a policy (version 0). Validation is complete: every fault of
/// the file is reported, in the order of the lines. `file` is only named in the diagnostics.
Result<Policy, Diagnostics> parse_policy(std::string_view text, std::string_view file);

/// Reads the file of that path; a file that cannot be read is one diagnostic without a line.
Result<Policy, Diagnostics> load_policy(const std::string& path);

}  // namespace rl
