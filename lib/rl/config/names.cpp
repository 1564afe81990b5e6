#include "rl/config/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rl/base/text.h"
#include "rl/limit/rule.h"

namespace rl {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text, std::string_view also_inside) {
  const auto fits = [&](char c) {
    return is_letter_or_digit(c) || also_inside.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxOwner && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

bool is_tier_name(std::string_view text) {
  return is_name(text, "_-");
}

bool is_rule_name(std::string_view text) {
  return is_name(text, "_-.");
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongestShown = 64;
  return fmt::format("{:?}{}", clip(text, kLongestShown), text.size() > kLongestShown ? "..." : "");
}

std::string suggest(std::string_view name, std::span<const std::string> valid) {
  constexpr std::size_t kFew = 10;
  if (const auto meant = nearest(name, valid)) {
    return fmt::format("did you mean {}?", quoted(*meant));
  }
  if (valid.empty() || valid.size() > kFew) {
    return {};
  }
  return fmt::format("valid here: {}", fmt::join(valid, ", "));
}

}  // namespace rl
