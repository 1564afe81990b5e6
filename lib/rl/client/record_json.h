#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl::client {

/// JSON that keeps the order of its members.
using Json = nlohmann::ordered_json;

/// Reads the JSON form of a record. Members it does not know are skipped, so that a newer server is
/// understood; a missing member, or one of another type, is an error that names its path.
/// For HealthRecord, HealthHistory, PolicyRecord, UpdateRecord, HistoryRecord, FaultsRecord,
/// CheckReply, Snapshot, UserRecord, UserList, QuotaRecord, KeyRecord, KeyList, ImportRecord,
/// UsageRecord, TopRecord, AuditList.
template <class Record>
Result<Record> decode(std::string_view text);

/// The JSON form of a record: what decode() reads. For the same records, and TierRecord.
template <class Record>
Json encode(const Record& record);

/// The text of a document; bytes that are not UTF-8 are replaced.
std::string to_text(const Json& document, bool indented);

}  // namespace rl::client
