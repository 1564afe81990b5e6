#include "rl/config/toml/key_depth.h"

#include <algorithm>
#include <string>

namespace rl {
namespace {

/// The offset after the string whose opening quote is at `begin`; a line's end ends a one-line
/// string that is not closed.
std::size_t skip_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const std::string triple(3, quote);
  const bool many_lines = text.substr(begin, 3) == triple;
  for (std::size_t i = begin + (many_lines ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == '\n' && !many_lines) {
      return i;
    } else if (text[i] == quote && !many_lines) {
      return i + 1;
    } else if (text.substr(i, 3) == triple) {
      // Two more quotes still belong to the string: """"quoted"""" (TOML 1.0, "String").
      const std::size_t last = std::min(text.find_first_not_of(quote, i), i + 5);
      return std::min(last, text.size());
    }
  }
  return text.size();
}

/// Whether a dotted key may go on after this character, which is neither a dot nor a quote.
bool goes_on(char c) {
  return c == ' ' || c == '\t' || c == '-' || c == '_' || (c >= '0' && c <= '9') ||
         (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::optional<std::size_t> find_deep_key(std::string_view text) {
  std::size_t parts = 1;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = skip_string(text, i);
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (c == '.') {
      if (++parts > kMaxKeyParts) {
        return i;
      }
    } else if (!goes_on(c)) {
      parts = 1;
    }
    ++i;
  }
  return std::nullopt;
}

}  // namespace rl
