#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rl {

/// The candidate a person most likely meant by `name`, for "did you mean": the fewest edits, at
/// most a third of the longer word and at most three. Ignores case. Empty when nothing is near.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

/// ASCII lower case.
std::string to_lower(std::string_view text);

/// Whether the byte begins a character of UTF-8.
constexpr bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// The begin of UTF-8 text, of at most `limit` bytes and whole characters.
std::string_view clip(std::string_view text, std::size_t limit);

}  // namespace rl
