#pragma once

#include <string>

#include "rl/base/table.h"
#include "rl/client/admin_records.h"

namespace rl::client {

// What a person reads of the records: whole lines, for a display.

/// Everything of an instance on one screen.
std::string status_report(const Snapshot& snapshot, const Display& display);

std::string health_report(const HealthRecord& health, const Display& display);

/// One line: from which state to which, version, expiry.
std::string health_change(HealthState before, const HealthRecord& health, const Display& display);

/// One line: since when, state, version, who, why.
std::string health_line(const HealthRecord& health, const Display& display);

/// A line per change, the latest first.
std::string health_history(const HealthHistory& history, const Display& display);

/// The verdict and a line per rule, the binding one marked.
std::string check_report(const CheckReply& reply, const Display& display);

/// What changed or would change: a line to sum it up and a line per change.
std::string update_report(const UpdateRecord& update, const Display& display);

/// A line per policy that was in force, the latest first.
std::string history_report(const HistoryRecord& history, const Display& display);

/// A line per tier.
std::string tier_list(const PolicyRecord& policy, const Display& display);

/// A line per limit of the tier.
std::string limit_list(const TierRecord& tier, const Display& display);

/// A line per limit of the whole policy: tiers, global limits, routes.
std::string limit_list(const PolicyRecord& policy, const Display& display);

}  // namespace rl::client
