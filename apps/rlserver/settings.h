#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rl/config/diagnostic.h"
#include "rl/config/settings_file.h"

namespace rlserver {

/// The options that ask for something to be done, rather than set something: not for a file.
inline constexpr char kActions[] = "Actions";

/// The flags of the program as settings: each option outside of the group of actions is one, named
/// by its flag without the dashes. A value comes from the command line, else from its variable,
/// else from a file, else it is the default. Used after the app has parsed its command line; the
/// app outlives it.
class Settings {
 public:
  Settings(CLI::App& app, std::vector<std::string> arguments);

  /// Gives the options that have no value yet those of the file. Returns what is wrong with it:
  /// unknown settings, and values that an option does not take.
  rl::Diagnostics read(const std::string& path);

  /// The place in the file of the value that a message quotes; nothing: it came from elsewhere.
  const rl::Setting* quoted_in(std::string_view message) const;

  /// Every setting as a TOML file, each with where it comes from. Passwords are masked.
  std::string to_text() const;

 private:
  std::string origin_of(const CLI::Option& option) const;

  CLI::App& app_;
  const std::vector<std::string> arguments_;
  std::string file_;
  std::map<std::string, rl::Setting> from_file_;  ///< by key
};

}  // namespace rlserver
