#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rl/config/toml/table_reader.h"
#include "rl/limit/rule.h"

namespace rl {

/// Where a list of limits stands, and what follows from it.
struct RuleHome {
  std::string header;             ///< how a limit is added there: "[[routes.limits]]"
  std::string_view where;         ///< "in a tier"
  std::string id_prefix;          ///< what the rules' ids begin with: "t/"
  std::string_view label_prefix;  ///< what the rules' labels begin with: "route."
  std::vector<Scope> scopes;      ///< what makes sense there; the first is the default
};

RuleHome rules_of_tier(std::string_view tier);
RuleHome rules_of_all();
RuleHome rules_of_route(std::string_view match);

/// Reads the key `limits` of that table, which is there. A faulty limit is in the list all the
/// same, so that what depends on their number can be told with the rest.
std::vector<Rule> read_rules(const TableReader& owner, const RuleHome& home, Faults& faults);

}  // namespace rl
