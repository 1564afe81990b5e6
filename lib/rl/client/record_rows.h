#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rl/client/record_json.h"

namespace rl::client {

/// The records of a document: the elements of its member `list`, or the document itself when `list`
/// is empty or not there.
std::vector<Json> rows_of(const Json& document, std::string_view list);

/// Whether CSV begins with a line that names the columns.
enum class CsvHeader { kYes, kNo };

/// The records as CSV (RFC 4180, lines ended by LF): a column for each member that some record has,
/// in the order of their first appearance. What is nested becomes columns of its own, named by the
/// path to it: "limits.0.name". Null is an empty field, and a control character becomes "?".
std::string to_csv(const std::vector<Json>& rows, CsvHeader header = CsvHeader::kYes);

}  // namespace rl::client
