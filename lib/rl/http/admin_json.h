#pragma once

#include <nlohmann/json.hpp>

#include "rl/admission/outcome.h"
#include "rl/health/health_register.h"
#include "rl/identity/caller.h"

/// The documents of the admin API.
namespace rl::http {

/// The health record, without the instances.
nlohmann::ordered_json to_json(const HealthRecord& record);

/// A decision with all its rules, shadow rules included.
nlohmann::ordered_json to_json(const Outcome& outcome, const Caller& caller, bool consumed);

}  // namespace rl::http
