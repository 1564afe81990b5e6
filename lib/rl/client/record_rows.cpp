#include "rl/client/record_rows.h"

#include <algorithm>

#include "rl/base/table.h"

namespace rl::client {
namespace {

/// "/limits/0/name" as "limits.0.name" (RFC 6901 escapes "~" and "/" in names).
std::string column_name(std::string_view pointer) {
  std::string name;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      name += i == 0 ? "" : ".";
    } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
      name += pointer[++i] == '1' ? '/' : '~';
    } else {
      name += pointer[i];
    }
  }
  return name;
}

std::string field(const Json& value) {
  if (value.is_null()) {
    return {};
  }
  std::string text =
      printable(value.is_string() ? value.get<std::string>() : to_text(value, false));
  if (text.find_first_of(",\"") == std::string::npos && text.find(' ') != 0) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace

std::vector<Json> rows_of(const Json& document, std::string_view list) {
  const auto found = list.empty() ? document.end() : document.find(std::string(list));
  if (found == document.end() || !found->is_array()) {
    return {document};
  }
  return {found->begin(), found->end()};
}

std::string to_csv(const std::vector<Json>& rows, CsvHeader header) {
  std::vector<Json> flat;
  std::vector<std::string> columns;
  for (const Json& row : rows) {
    flat.push_back(row.flatten());
    for (const auto& [pointer, value] : flat.back().items()) {
      if (std::find(columns.begin(), columns.end(), pointer) == columns.end()) {
        columns.push_back(pointer);
      }
    }
  }
  std::string out;
  const auto end_line = [&out] { out.back() = '\n'; };  // in the place of the last comma
  if (header == CsvHeader::kYes && !columns.empty()) {
    for (const std::string& column : columns) {
      out += field(column_name(column)) + ",";
    }
    end_line();
  }
  for (const Json& row : flat) {
    for (const std::string& column : columns) {
      const auto found = row.find(column);
      out += (found == row.end() ? std::string() : field(*found)) + ",";
    }
    end_line();
  }
  return out;
}

}  // namespace rl::client
