#pragma once

#include <cstddef>
#include <vector>

#include "rl/config/policy.h"
#include "rl/config/toml/table_reader.h"

namespace rl {

/// Reads the key `routes` of the document, if it is there. `other_rules` is the largest number of
/// rules that a request is under without its route's.
std::vector<Route> read_routes(const TableReader& document, std::size_t other_rules,
                               Faults& faults);

}  // namespace rl
