#pragma once

#include <string>

#include "rl/base/clock.h"

namespace rl::http {

/// As the header Date says it: IMF-fixdate (RFC 9110, section 5.6.7). By hand, because what the
/// library has for it asks the locale for every name, which takes longer than a decision.
std::string http_date(WallTime time);

}  // namespace rl::http
