#include "rl/base/text.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace rl {
namespace {

/// Insertions, deletions, substitutions (Levenshtein), kept to one row of the table.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t substitute = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitute, row[j] + 1, row[j + 1] + 1});
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
