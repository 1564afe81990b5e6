#include "cli/form.h"

#include "rl/base/text.h"
#include "rl/client/record_rows.h"

namespace rl::cli {
namespace {

client::Json with_version(const client::Json& members) {
  client::Json document = {{"schema_version", 1}};
  document.update(members);
  return document;
}

}  // namespace

CLI::Option* add_output_option(CLI::App& app, Form& form) {
  const auto read = [&form](const std::string& given) {
    const std::string word = to_lower(given);
    form = word == "csv"     ? Form::kCsv
           : word == "jsonl" ? Form::kJsonl
           : word == "json"  ? Form::kJson
                             : Form::kTable;
  };
  return app
      .add_option_function<std::string>(
          "-o,--output", read,
          "How to print: for people, as one JSON document, as a line of JSON a record, or as CSV")
      ->type_name("FORM");
}

std::string render(Form form, const client::Json& document, std::string_view list) {
  if (form == Form::kCsv) {
    return client::to_csv(client::rows_of(document, list));
  }
  if (form == Form::kJsonl) {
    std::string lines;
    for (const client::Json& row : client::rows_of(document, list)) {
      lines += client::to_text(row, /*indented=*/false) + "\n";
    }
    return lines;
  }
  return client::to_text(with_version(document), /*indented=*/true) + "\n";
}

std::string render_next(Form form, const client::Json& record, bool first) {
  if (form == Form::kCsv) {
    return client::to_csv({record}, first ? client::CsvHeader::kYes : client::CsvHeader::kNo);
  }
  return client::to_text(with_version(record), /*indented=*/false) + "\n";
}

}  // namespace rl::cli
