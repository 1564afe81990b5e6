#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "rl/config/tiers_file.h"

/// The documents about the policy.
namespace rl::http {

/// The whole policy; `effective` of each limit is the number in force in that state.
nlohmann::ordered_json to_json(const Policy& policy, HealthState state);

/// Each fault with file, line, column, message and hint.
nlohmann::ordered_json to_json(const Diagnostics& diagnostics);

/// Null when the file is in force.
nlohmann::ordered_json to_json(const std::optional<RejectedFile>& rejected);

nlohmann::ordered_json to_json(const PolicyUpdate& update, bool dry_run);

nlohmann::ordered_json to_json(const std::vector<PolicyRevision>& history);

}  // namespace rl::http
