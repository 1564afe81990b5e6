#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rl::cli {

/// The words of a command line, without the name of the program.
inline std::vector<std::string> arguments_of(int argc, char** argv) {
  return argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>();
}

/// Whether the option stands on the command line, as "--name" or "--name=value": what CLI11 does
/// not tell apart from one that an environment variable set.
inline bool is_given(const std::vector<std::string>& arguments, std::string_view option) {
  for (const std::string& word : arguments) {
    if (word == "--") {
      return false;
    }
    if (word.starts_with(option) && (word.size() == option.size() || word[option.size()] == '=')) {
      return true;
    }
  }
  return false;
}

}  // namespace rl::cli
