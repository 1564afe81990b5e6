#include <fmt/format.h>

#include "cli/completion.h"
#include "cli/completion_words.h"

namespace rl::cli {
namespace {

/// `complete` for one option, where `condition` holds.
std::string complete_option(const std::string& program, const std::string& condition,
                            const Parameter& option) {
  std::string line = fmt::format("complete -c {}{}", program, condition);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  switch (offer_of(option)) {
    case Offer::kWords:
      line += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
      break;
    case Offer::kFiles:
      line += " -r -F";
      break;
    case Offer::kDirectories:
      line += " -x -a '(__fish_complete_directories)'";
      break;
    case Offer::kNothing:
      line += option.value.empty() ? "" : " -x";
      break;
  }
  return line + " -d " + single_quoted(summary(option.help)) + "\n";
}

std::string complete_argument(const std::string& program, const std::string& condition,
                              const Parameter& argument) {
  switch (offer_of(argument)) {
    case Offer::kWords:
      return fmt::format("complete -c {}{} -a '{}'\n", program, condition,
                         fmt::join(argument.choices, " "));
    case Offer::kFiles:
      return fmt::format("complete -c {}{} -F\n", program, condition);
    case Offer::kDirectories:
      return fmt::format("complete -c {}{} -a '(__fish_complete_directories)'\n", program,
                         condition);
    case Offer::kNothing:
      break;
  }
  return {};
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += " " + single_quoted(word);
  }
  return text;
}

}  // namespace

std::string fish_completion(const Command& program) {
  const std::string& name = program.path;
  std::vector<std::string> paths;
  for_each_command(program, [&](const Command& command) { paths.push_back(command.path); });
  std::string text = fmt::format(
      "# Completes {0} in fish, which finds it as {0}.fish in ~/.config/fish/completions.\n"
      "# Whether the command line has come to the command of that path.\n"
      "function __{0}_at\n"
      "  set -l at {0}\n"
      "  set -l skip 0\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if test $skip = 1\n"
      "      set skip 0\n"
      "    else if contains -- $word{1}\n"
      "      set skip 1\n"
      "    else if contains -- \"$at $word\"{2}\n"
      "      set at \"$at $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv\"\n"
      "end\n"
      "complete -c {0} -f\n",
      name, quoted_list(value_options(program)), quoted_list(paths));
  for (const Parameter& option : program.options) {
    text += complete_option(name, "", option);
  }
  for_each_command(program, [&](const Command& command) {
    const std::string condition = fmt::format(" -n '__{}_at {}'", name, command.path);
    for (const Command& below : command.commands) {
      text += fmt::format("complete -c {}{} -a {} -d {}\n", name, condition, below.name(),
                          single_quoted(summary(below.help)));
    }
    if (&command != &program) {
      for (const Parameter& option : command.options) {
        text += complete_option(name, condition, option);
      }
    }
    if (command.commands.empty() && !command.arguments.empty()) {
      text += complete_argument(name, condition, command.arguments.front());
    }
  });
  return text;
}

}  // namespace rl::cli
