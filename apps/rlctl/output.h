#pragma once

#include <string>
#include <string_view>

#include "exit_code.h"
#include "rl/base/table.h"
#include "rl/client/admin_error.h"

namespace rl::ctl {

/// What standard output is: a terminal or not, its width, and whether it gets colours
/// (no-color.org).
Display standard_output(bool no_color);

/// Writes to stdout at once.
void print(std::string_view text);

/// The text on stderr as it is, as whole lines.
void complain_plainly(std::string_view text);

/// `rlctl: message` on stderr, and each line of the hint below it, indented.
void complain(std::string_view message, std::string_view hint = {});

/// Tells the error on stderr and how to exit with it.
ExitCode fail_with(const client::AdminError& error);

}  // namespace rl::ctl
