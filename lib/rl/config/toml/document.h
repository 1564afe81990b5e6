#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string_view>

#include "rl/config/toml/faults.h"

namespace rl {

/// The text as a tree whose depth is bounded. Text that is larger than 1 MiB, or is not TOML, is
/// one fault and no document. The one place that meets the exceptions of toml++.
std::optional<toml::table> parse_document(std::string_view text, Faults& faults);

}  // namespace rl
