#pragma once

#include <algorithm>
#include <string_view>

namespace rl::tidy {

/// Whether the text begins with one of the prefixes, which are separated by single spaces.
/// An empty list has none.
inline bool starts_with_any(std::string_view text, std::string_view prefixes) {
  while (!prefixes.empty()) {
    const std::string_view prefix = prefixes.substr(0, prefixes.find(' '));
    if (text.starts_with(prefix)) {
      return true;
    }
    prefixes.remove_prefix(std::min(prefix.size() + 1, prefixes.size()));
  }
  return false;
}

}  // namespace rl::tidy
