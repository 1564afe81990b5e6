#include "rl/base/text.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace rl {
namespace {

/// Insertions, deletions, substitutions and swaps of neighbours ("optimal string alignment"), kept
/// to three rows of the table.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> above(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t substitute = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({substitute, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view clip(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    return text;
  }
  while (limit > 0 && !starts_character(text[limit])) {
    --limit;
  }
  return text.substr(0, limit);
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t kLongest = 64;  // beyond it nobody mistyped a name of ours
  if (name.size() > kLongest) {
    return std::nullopt;
  }
  const std::string wanted = to_lower(name);
  const std::string* best = nullptr;
  std::size_t fewest = 4;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = edit_distance(wanted, to_lower(candidate));
    if (edits < fewest && 3 * edits <= std::max(name.size(), candidate.size())) {
      fewest = edits;
      best = &candidate;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace rl
