#pragma once

#include <string>
#include <string_view>

#include "cli/form.h"
#include "rl/base/result.h"
#include "rl/base/table.h"

namespace rl::load_app {

/// What standard output is, and whether it gets colours (no-color.org).
Display standard_output(bool no_color);

/// Writes to stdout at once.
void print(std::string_view text);

/// A report, which is given as JSON, in a form that is not for people. `list` names the member that
/// holds the records; empty: the report is the one record.
std::string in_form(cli::Form form, const std::string& json, std::string_view list);

/// Writes one line to stderr.
void note(std::string_view line);

/// `rlload: message` on stderr, and the hint below it, indented.
void complain(const Error& error);

}  // namespace rl::load_app
