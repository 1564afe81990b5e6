#include "rl/http/gateway/merged_limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rl/http/request_head.h"

namespace rl::http {
namespace {

constexpr std::array<std::string_view, 3> kTriple = {"X-RateLimit-Limit", "X-RateLimit-Remaining",
                                                     "X-RateLimit-Reset"};

bool is_of_triple(std::string_view name) {
  return std::any_of(kTriple.begin(), kTriple.end(),
                     [&](std::string_view known) { return same_word(name, known); });
}

HeaderFields::iterator field_named(HeaderFields& fields, std::string_view name) {
  return std::find_if(fields.begin(), fields.end(),
                      [&](const auto& field) { return same_word(field.first, name); });
}

void drop(HeaderFields& fields, std::string_view name) {
  std::erase_if(fields, [&](const auto& field) { return same_word(field.first, name); });
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(value)
                                                                   : std::nullopt;
}

/// Whether the upstream's three fields are the stricter ones.
bool upstream_is_stricter(const HeaderFields& ours, HeaderFields& upstream) {
  const auto theirs = field_named(upstream, "X-RateLimit-Remaining");
  const auto own = std::find_if(ours.begin(), ours.end(), [](const auto& field) {
    return field.first == "X-RateLimit-Remaining";
  });
  if (own == ours.end()) {
    return true;  // there is none of ours to take its place
  }
  const auto left = theirs == upstream.end() ? std::nullopt : number(theirs->second);
  return left && *left < number(own->second).value_or(0);
}

}  // namespace

void merge_limits(const HeaderFields& ours, HeaderFields& upstream) {
  const bool keep_triple = upstream_is_stricter(ours, upstream);
  if (!keep_triple) {
    for (const std::string_view name : kTriple) {
      drop(upstream, name);
    }
  }
  for (const auto& [name, value] : ours) {
    const auto theirs = field_named(upstream, name);
    const bool is_list = name == "RateLimit" || name == "RateLimit-Policy";
    if (is_of_triple(name)) {
      if (!keep_triple) {
        upstream.emplace_back(name, value);
      }
    } else if (name == "X-RateLimit-Context") {
      drop(upstream, name);
      upstream.emplace_back(name, value);
    } else if (theirs == upstream.end() || name == "Server-Timing") {
      upstream.emplace_back(name, value);
    } else if (is_list) {
      theirs->second.insert(0, value + ", ");
    }
  }
}

}  // namespace rl::http
