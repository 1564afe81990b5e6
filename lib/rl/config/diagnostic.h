#pragma once

#include <string>
#include <vector>

namespace rl {

/// One fault of a configuration file, told like a compiler tells it.
struct Diagnostic {
  std::string file;
  std::size_t line = 0;    ///< from 1; 0: the file as a whole
  std::size_t column = 0;  ///< from 1
  std::string message;
  std::string hint = {};  ///< how to mend it; may be empty

  /// "tiers.toml:12:1: error: unknown key "brust"" and, on a line of its own, the hint, indented.
  std::string to_string() const;
};

using Diagnostics = std::vector<Diagnostic>;

}  // namespace rl
