#pragma once

#include <cstddef>
#include <vector>

#include "rl/config/policy.h"
#include "rl/config/toml/table_reader.h"

namespace rl {

/// Reads the table `tiers`, in the order of the file. `global_rules` is the number of rules that
/// every request is under already. A faulty tier is in the list all the same, so that who names it
/// is not told that it is unknown.
std::vector<Tier> read_tiers(const toml::table& tiers, std::size_t global_rules, Faults& faults);

}  // namespace rl
