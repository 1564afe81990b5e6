#pragma once

#include <string_view>

#include "rl/base/result.h"
#include "rl/base/table.h"

namespace rl::load_app {

/// What standard output is, and whether it gets colours (no-color.org).
Display standard_output(bool no_color);

/// Writes to stdout at once.
void print(std::string_view text);

/// Writes one line to stderr.
void note(std::string_view line);

/// `rlload: message` on stderr, and the hint below it, indented.
void complain(const Error& error);

}  // namespace rl::load_app
