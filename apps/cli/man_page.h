#pragma once

#include <string>

#include "cli/command_tree.h"

namespace rl::cli {

/// The manual page of a program (section 1) in the language of man(7).
std::string man_page(const Command& program, const std::string& version);

}  // namespace rl::cli
