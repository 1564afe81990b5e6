#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rl/config/on_store_failure.h"
#include "rl/limit/rule.h"

namespace rl {

/// The most rules that one request may be under: the global ones, its tier's and its route's.
inline constexpr std::size_t kMaxRulesPerRequest = 16;

// A Rule::id is the name of its bucket: "t/<name>" in a tier, "g/<name>" in the global limits,
// "r/<match>/<name>" on a route. The window follows when the name does not tell it, and an
// algorithm other than sliding_window, because both change what the history means:
// "t/all@1h#token_bucket". A tier's name is not in it, so that a caller who moves to another tier
// keeps its history there.

/// A named set of rules that users and keys belong to.
struct Tier {
  std::string name;
  std::string description;
  int shed_order = 0;      ///< the lowest is throttled first
  bool unlimited = false;  ///< then there are no rules
  /// While the shared store cannot be asked; nothing: as the server was told.
  std::optional<OnStoreFailure> on_store_failure = {};
  std::vector<Rule> rules;
};

/// A method and path with a cost and rules of its own.
struct Route {
  std::string match;        ///< as written: "POST /v1/transcribe", "* /v1/*"
  std::string method;       ///< upper case, or "*"
  std::string path;         ///< canonical (config/route_path.h), without the trailing "*"
  bool below = false;       ///< matches every path that starts with `path`
  std::uint32_t cost = 1;   ///< units a request takes
  std::vector<Rule> rules;  ///< on top of the tier's
};

/// Everything that tiers.toml says: immutable once made, shared by all readers, replaced whole.
struct Policy {
  std::uint64_t version = 0;  ///< counts the policies this process has installed; 0 = not installed
  std::string source;         ///< the file it came from
  std::string text;           ///< of that file, as it was read
  std::string default_tier;
  std::optional<std::string> anonymous_tier;  ///< of callers without a key; nothing: not let in
  std::vector<Tier> tiers;                    ///< in the order of the file
  std::vector<Rule> global_rules;
  std::vector<Route> routes;

  /// The tier of that name, or nullptr.
  const Tier* find_tier(std::string_view name) const;

  /// The route with the longest match, or nullptr. At equal length an exact path wins over one that
  /// matches below it, and then a named method over "*". A HEAD request also matches the routes of
  /// GET (RFC 9110 section 9.3.2); at equal length those of HEAD come first.
  /// `path` has no query, in any spelling. Looks at every route once; does not allocate unless the
  /// path is not canonical.
  const Route* match_route(std::string_view method, std::string_view path) const;
};

}  // namespace rl
