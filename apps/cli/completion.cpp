#include "cli/completion.h"

#include <fmt/format.h>

#include "cli/completion_words.h"

namespace rl::cli {
namespace {

/// The patterns of a case: "'a' | 'b'".
std::string any_of(const std::vector<std::string>& words) {
  std::string patterns;
  for (const std::string& word : words) {
    patterns += (patterns.empty() ? "" : " | ") + single_quoted(word);
  }
  return patterns;
}

/// The paths of all commands below the program.
std::vector<std::string> paths_below(const Command& program) {
  std::vector<std::string> paths;
  for_each_command(program, [&](const Command& command) {
    if (&command != &program) {
      paths.push_back(command.path);
    }
  });
  return paths;
}

/// How a shell walks along the command line: `at` becomes the path of the command, `skip` the
/// option whose value comes next. {0} is the list of words, {1} and {2} the loop's bounds.
std::string walk(const Command& program, const std::string& loop, const std::string& word) {
  std::string text = fmt::format(
      "  for {}; do\n    word={}\n"
      "    if [[ -n $skip && $word != '=' ]]; then skip=''; continue; fi\n"
      "    case $word in\n      {}) skip=$word; continue ;;\n    esac\n",
      loop, word, any_of(value_options(program)));
  if (const auto paths = paths_below(program); !paths.empty()) {
    text += fmt::format("    case \"$at $word\" in\n      {}) at=\"$at $word\" ;;\n    esac\n",
                        any_of(paths));
  }
  return text + "  done\n";
}

/// How one shell offers something.
struct Dialect {
  std::string (*words)(const std::vector<std::string>& words);
  const char* files;
  const char* directories;
};

std::string offer(const Parameter& parameter, const Dialect& dialect) {
  switch (offer_of(parameter)) {
    case Offer::kWords:
      return dialect.words(parameter.choices);
    case Offer::kFiles:
      return dialect.files;
    case Offer::kDirectories:
      return dialect.directories;
    case Offer::kNothing:
      break;
  }
  return ":";
}

/// The cases of `"$at $skip"`: what is offered for the value of an option. The options of the
/// program itself may stand anywhere, so theirs come last.
std::string value_cases(const Command& program, const Dialect& dialect) {
  std::string text;
  const auto add = [&](const Command& command, const std::string& before) {
    for (const Parameter& option : command.options) {
      for (const std::string& name : option.names) {
        if (offer_of(option) != Offer::kNothing) {
          text += fmt::format("      {}{}) {} ;;\n", before,
                              single_quoted(fmt::format("{} {}", command.path, name)),
                              offer(option, dialect));
        }
      }
    }
  };
  for_each_command(program, [&](const Command& command) {
    if (&command != &program) {
      add(command, "");
    }
  });
  for (const Parameter& option : program.options) {
    for (const std::string& name : option.names) {
      if (offer_of(option) != Offer::kNothing) {
        text +=
            fmt::format("      *{}) {} ;;\n", single_quoted(" " + name), offer(option, dialect));
      }
    }
  }
  return text;
}

/// The options of a command and, as they may stand anywhere, of the program; help only once.
template <class Visit>
void for_each_option(const Command& program, const Command& command, Visit visit) {
  for (const Command* const of : {&command, &program}) {
    for (const Parameter& option : of->options) {
      const bool again = of != &command && option.names.back() == "--help";
      for (const std::string& name : option.names) {
        if (!again) {
          visit(name, option);
        }
      }
    }
    if (&command == &program) {
      return;
    }
  }
}

std::string bash_words(const std::vector<std::string>& words) {
  return fmt::format("words='{}'", fmt::join(words, " "));
}

std::string zsh_words(const std::vector<std::string>& words) {
  return fmt::format("compadd -- {}", fmt::join(words, " "));
}

std::string bash_case(const Command& program, const Command& command, const Dialect& dialect) {
  std::vector<std::string> options;
  for_each_option(program, command,
                  [&](const std::string& name, const Parameter&) { options.push_back(name); });
  std::vector<std::string> commands;
  for (const Command& below : command.commands) {
    commands.push_back(below.name());
  }
  std::string text = fmt::format("      {})\n        options='{}'\n", single_quoted(command.path),
                                 fmt::join(options, " "));
  if (!commands.empty()) {
    text += fmt::format("        {}\n", bash_words(commands));
  } else if (!command.arguments.empty()) {
    text += fmt::format("        {}\n", offer(command.arguments.front(), dialect));
  }
  return text + "        ;;\n";
}

/// "'name:description'"
std::string described(const std::string& name, const std::string& help) {
  return single_quoted(name + ":" + summary(help));
}

std::string zsh_case(const Command& program, const Command& command, const Dialect& dialect) {
  std::string options;
  for_each_option(program, command, [&](const std::string& name, const Parameter& option) {
    options += " " + described(name, option.help);
  });
  std::string text =
      fmt::format("      {})\n        flags=({})\n", single_quoted(command.path), options);
  if (!command.commands.empty()) {
    std::string commands;
    for (const Command& below : command.commands) {
      commands += " " + described(below.name(), below.help);
    }
    text += fmt::format("        below=({})\n", commands);
  } else if (!command.arguments.empty()) {
    text += fmt::format("        [[ $PREFIX == -* ]] || {}\n",
                        offer(command.arguments.front(), dialect));
  }
  return text + "        ;;\n";
}

}  // namespace

std::string bash_completion(const Command& program) {
  const Dialect dialect{bash_words, "files=-f", "files=-d"};
  const std::string& name = program.path;
  std::string text = fmt::format(
      "# Completes {0} in bash, which finds it as {0} in\n"
      "# ~/.local/share/bash-completion/completions, or when a shell sources it.\n"
      "_{0}() {{\n"
      "  local at={0} skip='' word words='' options='' files='' i\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  [[ $current != '=' ]] || current=''\n",
      name);
  text += walk(program, "((i = 1; i < COMP_CWORD; i++))", "${COMP_WORDS[i]}");
  text += "  if [[ -n $skip ]]; then\n    case \"$at $skip\" in\n" + value_cases(program, dialect) +
          "    esac\n  else\n    case $at in\n";
  for_each_command(program,
                   [&](const Command& command) { text += bash_case(program, command, dialect); });
  text += fmt::format(
      "    esac\n"
      "    [[ $current != -* ]] || words=$options files=''\n"
      "  fi\n"
      "  if [[ -n $files ]]; then\n"
      "    compopt -o filenames 2>/dev/null\n"
      "    mapfile -t COMPREPLY < <(compgen \"$files\" -- \"$current\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "  fi\n"
      "}}\n"
      "complete -F _{0} {0}\n",
      name);
  return text;
}

std::string zsh_completion(const Command& program) {
  const Dialect dialect{zsh_words, "_files", "_files -/"};
  const std::string& name = program.path;
  std::string text = fmt::format(
      "#compdef {0}\n"
      "# Completes {0} in zsh, which finds it as _{0} in a directory of $fpath.\n"
      "_{0}() {{\n"
      "  local at={0} skip='' word i\n"
      "  local -a flags below\n",
      name);
  text += walk(program, "((i = 2; i < CURRENT; i++))", "$words[i]");
  text += "  if [[ -n $skip ]]; then\n    case \"$at $skip\" in\n" + value_cases(program, dialect) +
          "    esac\n  else\n    case $at in\n";
  for_each_command(program,
                   [&](const Command& command) { text += zsh_case(program, command, dialect); });
  text += fmt::format(
      "    esac\n"
      "    if [[ $PREFIX == -* ]]; then\n"
      "      _describe -o option flags\n"
      "    elif ((${{#below}} > 0)); then\n"
      "      _describe command below\n"
      "    fi\n"
      "  fi\n"
      "}}\n"
      "if [[ ${{funcstack[1]}} == _{0} ]]; then _{0} \"$@\"; else compdef _{0} {0}; fi\n",
      name);
  return text;
}

std::string completion(const Command& program, const std::string& shell) {
  return shell == "fish"  ? fish_completion(program)
         : shell == "zsh" ? zsh_completion(program)
                          : bash_completion(program);
}

}  // namespace rl::cli
