#pragma once

#include <string>

#include "cli/command_tree.h"

namespace rl::cli {

// Scripts that complete the command line of a program in a shell: commands, options, the words that
// an option or argument takes, files and directories. They hold the whole tree and run nothing.

std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

/// For one of the words bash, zsh and fish.
std::string completion(const Command& program, const std::string& shell);

}  // namespace rl::cli
