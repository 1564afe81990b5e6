#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"
#include "rl/config/diagnostic.h"

namespace rl {

/// One line `key = value` of a file of settings. What keys there are its reader knows.
struct Setting {
  std::string key;
  std::vector<std::string> values;  ///< as text: "16", "true"; of a list any number, else one
  std::size_t line = 0;             ///< of the key, from 1
  std::size_t column = 0;           ///< the same
};

/// Reads a flat TOML file, in which a value is text, a number, true or false, or a list of these.
/// Every fault is told, in the order of the lines. `file` is only named in the diagnostics.
Result<std::vector<Setting>, Diagnostics> parse_settings(std::string_view text,
                                                         std::string_view file);

/// Reads the file of that path; a file that cannot be read is one diagnostic without a line.
Result<std::vector<Setting>, Diagnostics> load_settings(const std::string& path);

}  // namespace rl
