#include "rl/identity/user_records.h"

#include <fmt/core.h>

#include <charconv>

namespace rl {

std::string key_name_of(std::uint64_t id) {
  return fmt::format("k{}", id);
}

std::optional<std::uint64_t> parse_key_name(std::string_view text) {
  return text.starts_with('k') ? parse_id(text.substr(1)) : std::nullopt;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t id = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, id);
  // SQLite and JSON readers end at 2^63 - 1. One id, one spelling: 01 is not 1.
  if (error != std::errc{} || rest != end || text.starts_with('0') || id > INT64_MAX) {
    return std::nullopt;
  }
  return id;
}

}  // namespace rl
