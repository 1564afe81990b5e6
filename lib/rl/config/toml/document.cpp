#include "rl/config/toml/document.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "rl/base/text.h"
#include "rl/config/toml/key_depth.h"

namespace rl {
namespace {

constexpr std::size_t kLargestText = std::size_t{1} << 20U;  // bytes

/// Columns count code points, as toml++ counts them: a UTF-8 continuation byte is none of its own.
Place place_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // 0 on the first line: npos + 1
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto columns = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_begin),
                                     before.end(), starts_character);
  return {static_cast<std::size_t>(lines) + 1, static_cast<std::size_t>(columns) + 1};
}

/// The words of toml++ ("Error while parsing string: …") in ours. They quote the file, so what
/// could upset a terminal, or was cut inside a code point, is escaped.
std::string syntax_message(std::string_view description) {
  constexpr std::string_view kPreamble = "Error while parsing ";
  std::string message = "invalid TOML";
  if (description.starts_with(kPreamble)) {
    description.remove_prefix(kPreamble.size());
    message += " in ";
  } else {
    message += ": ";
  }
  for (const char c : description) {
    message += c >= ' ' && c <= '~' ? std::string(1, c)
                                    : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return message;
}

}  // namespace

std::optional<toml::table> parse_document(std::string_view text, Faults& faults) {
  if (text.size() > kLargestText) {
    faults.add({}, "the file is larger than 1 MiB");
    return std::nullopt;
  }
  if (const auto deep = find_deep_key(text)) {
    faults.add(place_at(text, *deep), fmt::format("a key has more than {} parts", kMaxKeyParts));
    return std::nullopt;
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    faults.add({at.line, at.column}, syntax_message(error.description()));
    return std::nullopt;
  }
}

}  // namespace rl
