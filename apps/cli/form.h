#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "rl/client/record_json.h"

namespace rl::cli {

/// How a command prints its data.
enum class Form {
  kTable,  ///< for people
  kJson,   ///< one document that starts with its schema version
  kJsonl,  ///< a line of JSON for each record
  kCsv,    ///< a line for each record, under a line with the names of the columns
};

/// Adds -o,--output, which sets the form; the words to check it by are table, json, jsonl and csv.
CLI::Option* add_output_option(CLI::App& app, Form& form);

/// A document in a form that is not for people, as whole lines. `list` names the member that holds
/// the records; without one the document is the one record.
std::string render(Form form, const client::Json& document, std::string_view list);

/// One more record of a sequence that does not end by itself: a line, and the names of the columns
/// before the first.
std::string render_next(Form form, const client::Json& record, bool first);

}  // namespace rl::cli
