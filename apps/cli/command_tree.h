#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace rl::cli {

/// An option or argument of a command, as its help tells it.
struct Parameter {
  std::vector<std::string> names;    ///< "-o", "--output"; of an argument its one name
  std::string value;                 ///< what it takes: "FILE"; empty: a flag
  std::vector<std::string> choices;  ///< the words that it takes; empty: anything
  std::string help;
  std::string variable;  ///< empty: none sets it
  std::string preset;    ///< empty: there is none
  bool required = false;
};

/// A command, and those below it. What is hidden from help is hidden here too.
struct Command {
  std::string path;  ///< "rlctl health set"
  std::string help;
  std::string footer;
  std::vector<Parameter> options;
  std::vector<Parameter> arguments;
  std::vector<Command> commands;

  /// The last word of its path.
  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// Everything that a program takes on its command line, in the order in which it was declared: the
/// one source of completion and man page.
Command command_tree(const CLI::App& app);

}  // namespace rl::cli
