#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/limit/rule.h"

namespace rl::ctl {

/// Lets one of the words pass, in any case, and makes it lower case; says what else was meant.
CLI::Validator one_of(std::vector<std::string> words);

/// The words for a health state, and what they mean.
inline const std::vector<std::string>& health_words() {
  static const std::vector<std::string> words = {"normal", "degraded"};
  return words;
}
inline HealthState health_state(const std::string& word) {
  return word == "normal" ? HealthState::kNormal : HealthState::kDegraded;
}

/// Adds an option that takes a duration of more than nothing, such as 5s.
CLI::Option* add_duration(CLI::App& command, const std::string& name, const std::string& help,
                          std::function<void(Micros)> set);

/// Adds an option that takes a whole number from 1 to `most`.
CLI::Option* add_number(CLI::App& command, const std::string& name, const std::string& help,
                        std::uint64_t most, std::function<void(std::uint64_t)> set);

/// Tells what is wrong with the command line on stderr, with the likely fix; or, when that is what
/// was asked for, prints help or version on stdout. Returns the exit code.
int explain_usage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace rl::ctl
