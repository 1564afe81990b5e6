#include "options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "output.h"
#include "rl/base/duration.h"
#include "rl/base/text.h"

namespace rl::ctl {
namespace {

/// "did you mean "health"?", or nothing.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  return near.has_value() ? fmt::format("did you mean \"{}\"?", *near) : "";
}

/// The subcommand that the command line got to.
const CLI::App* innermost(const CLI::App* command) {
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  return command;
}

/// "rlctl health set"
std::string full_name(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* const option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* const sub :
       command.get_subcommands(std::function<bool(const CLI::App*)>())) {
    names.push_back(sub->get_name());
  }
  return names;
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string all = fmt::format("{}", fmt::join(words, "|"));
  const auto check = [words = std::move(words), all](std::string& value) -> std::string {
    std::string word = to_lower(value);
    if (std::find(words.begin(), words.end(), word) != words.end()) {
      value = std::move(word);
      return {};
    }
    return fmt::format("\"{}\" is not {}\n{}", value, all, did_you_mean(value, words));
  };
  return {check, all};
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, const std::string& help,
                          std::function<void(Micros)> set) {
  const auto read = [name, set = std::move(set)](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) {
      throw CLI::ValidationError(
          name, fmt::format("{}\n{}", duration.error().message, duration.error().hint));
    }
    if (*duration == Micros::zero()) {
      throw CLI::ValidationError(name, "must be more than nothing");
    }
    set(*duration);
  };
  return command.add_option_function<std::string>(name, read, help)->type_name("TIME");
}

CLI::Option* add_number(CLI::App& command, const std::string& name, const std::string& help,
                        std::uint64_t most, std::function<void(std::uint64_t)> set) {
  const auto read = [name, most, set = std::move(set)](const std::string& text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end || number == 0 || number > most) {
      throw CLI::ValidationError(
          name, fmt::format("\"{}\" is not a whole number from 1 to {}", text, most));
    }
    set(number);
  };
  return command.add_option_function<std::string>(name, read, help);
}

int explain_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    return app.exit(error);
  }
  const CLI::App& command = *innermost(&app);
  const std::vector<std::string> commands = command_names(command);
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  std::string message = error.what();
  std::string hint;
  if (!unknown.empty()) {
    const std::string& word = unknown.front();
    const bool option = word.starts_with('-');
    const char* const kind = option ? "option" : commands.empty() ? "argument" : "command";
    message = fmt::format("unknown {} \"{}\"", kind, word);
    hint = did_you_mean(word, option ? option_names(command) : commands);
  } else if (!commands.empty() && error.get_name() == "RequiredError") {
    message = "a command is missing";
  } else if (const std::size_t end = message.find('\n'); end != std::string::npos) {
    hint = message.substr(end + 1);
    message.resize(end);
  }
  if (hint.empty() && !commands.empty()) {
    hint = fmt::format("the commands are {}", fmt::join(commands, ", "));
  }
  complain(message, hint.empty() ? full_name(command) + " --help tells more" : hint);
  return kUsage;
}

}  // namespace rl::ctl
