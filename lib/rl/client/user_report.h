#pragma once

#include <string>

#include "rl/base/table.h"
#include "rl/client/admin_records.h"

namespace rl::client {

// What a person reads of users, keys and the audit log: whole lines, for a display.

/// A line per user.
std::string user_list(const UserList& list, const Display& display);

/// A line per limit of the user, and of each of its keys.
std::string quota_report(const QuotaRecord& quota, const Display& display);

/// A line per key.
std::string key_list(const KeyList& list, const Display& display);

/// Everything of a key; with its secret, when it is there.
std::string key_report(const KeyRecord& key, const Display& display);

/// A line per bucket, and the total.
std::string usage_report(const UsageRecord& usage, const Display& display);

/// A line per change, the latest first.
std::string audit_report(const AuditList& list, const Display& display);

}  // namespace rl::client
