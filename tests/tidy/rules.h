#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.h"

namespace rl::tidy {

/// A place that breaks a rule.
struct Finding {
  std::size_t line;  ///< from 1
  std::string message;

  friend bool operator==(const Finding&, const Finding&) = default;
};
using Findings = std::vector<Finding>;

/// One rule of style.md or architecture.md. A check looks at one source and nothing else.
struct Rule {
  std::string_view name;
  Findings (*check)(const Source& source);
};

/// Every rule that the tree must keep.
std::span<const Rule> all_rules();

/// At most 400 lines.
Findings check_length(const Source& source);

/// A header opens with #pragma once.
Findings check_header_guard(const Source& source);

/// The first include of a source that has a header of its own is that header.
Findings check_own_header_first(const Source& source);

/// Modules include each other only along the arrows of architecture.md.
Findings check_module_arrows(const Source& source);

/// A third-party header is visible in one place only; tests may use any.
Findings check_third_party(const Source& source);

/// Time, chance and waiting come through rl::Clock and rl::Random; nothing is detached.
Findings check_banned_words(const Source& source);

/// No unfinished work and no path of somebody's machine.
Findings check_marks(const Source& source);

/// A word that only some folders may use.
struct BannedWord {
  std::string_view word;        ///< matched as a whole word
  std::string_view why;         ///< what to do instead
  std::string_view applies_to;  ///< path prefixes, separated by spaces; empty: everywhere
  std::string_view allowed_in;  ///< path prefixes, separated by spaces; these win
};
std::span<const BannedWord> banned_words();

}  // namespace rl::tidy
