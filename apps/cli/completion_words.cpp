#include "cli/completion_words.h"

#include <algorithm>

namespace rl::cli {

Offer offer_of(const Parameter& parameter) {
  if (!parameter.choices.empty()) {
    return Offer::kWords;
  }
  if (parameter.value == "FILE" || parameter.value == "PATH") {
    return Offer::kFiles;
  }
  return parameter.value == "DIR" ? Offer::kDirectories : Offer::kNothing;
}

void for_each_command(const Command& command, const std::function<void(const Command&)>& visit) {
  visit(command);
  for (const Command& below : command.commands) {
    for_each_command(below, visit);
  }
}

std::vector<std::string> value_options(const Command& program) {
  std::vector<std::string> names;
  for_each_command(program, [&names](const Command& command) {
    for (const Parameter& option : command.options) {
      for (const std::string& name : option.names) {
        if (!option.value.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
          names.push_back(name);
        }
      }
    }
  });
  return names;
}

std::string single_quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::string summary(std::string_view help) {
  std::string text(help.substr(0, help.find_first_of(";:.")));
  std::erase_if(text, [](char c) { return c == '\'' || c == '\\'; });
  return text;
}

}  // namespace rl::cli
