#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "rl/admission/outcome.h"
#include "rl/health/fleet.h"
#include "rl/identity/caller.h"
#include "rl/store/shared_stats.h"

/// The documents of the admin API.
namespace rl::http {

/// The health record, without the instances.
nlohmann::ordered_json to_json(const HealthRecord& record);

/// How the shared store does, as this instance sees it.
nlohmann::ordered_json to_json(const SharedStoreStats& shared);

/// The instances, as a list.
nlohmann::ordered_json to_json(const std::vector<InstanceRecord>& instances);

/// A decision with all its rules, shadow rules included.
nlohmann::ordered_json to_json(const Outcome& outcome, const Caller& caller, bool consumed);

}  // namespace rl::http
