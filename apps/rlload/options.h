#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl::load_app {

/// Adds an option whose text `parse` turns into the target; what it refuses is a usage error.
template <class T, class Target>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, Target& target,
                        Result<T> (*parse)(std::string_view), const std::string& help) {
  const auto read = [name, &target, parse](const std::string& text) {
    auto value = parse(text);
    if (!value) {
      throw CLI::ValidationError(name, value.error().message + "\n  " + value.error().hint);
    }
    target = std::move(*value);
  };
  return command.add_option_function<std::string>(name, read, help);
}

/// Adds --connections and --seed, which every command that sends requests has.
void add_run_options(CLI::App& command, std::size_t& connections, std::uint64_t& seed);

/// Tells on stderr what is wrong with the command line and what may be meant; or, when that is what
/// was asked for, prints help or version on stdout. Returns the exit status.
int explain_usage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace rl::load_app
