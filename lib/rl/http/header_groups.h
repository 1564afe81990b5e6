#pragma once

#include <string_view>

#include "rl/base/result.h"

namespace rl::http {

/// Which headers the response to a limited request carries; each group is one switch. Date, and of
/// a denial Retry-After and Cache-Control, are always there.
struct HeaderGroups {
  bool x_ratelimit = true;     ///< X-RateLimit-Limit, -Remaining, -Reset
  bool ratelimit = true;       ///< RateLimit-Policy, RateLimit
  bool context = true;         ///< X-RateLimit-Context
  bool server_timing = false;  ///< Server-Timing: rl;dur=<milliseconds of the decision>
};

/// Reads "x-ratelimit,ratelimit,context,server-timing": the groups that are on, or "none".
Result<HeaderGroups> parse_header_groups(std::string_view list);

}  // namespace rl::http
