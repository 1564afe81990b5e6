#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace rl::cli {

/// Adds the command `completion SHELL`, which gives its script to `print`, and --man-page, which
/// the build calls and help does not show.
void add_completion_command(CLI::App& app, std::function<void(const std::string&)> print);

/// The same for a program without commands: --completion SHELL, which ends the run like --help.
CLI::Option* add_completion_option(CLI::App& app);

}  // namespace rl::cli
