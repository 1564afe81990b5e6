#pragma once

#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl {

/// What a route's `match` says: the members of Route that bear the same names.
struct RouteMatch {
  std::string method;
  std::string path;
  bool below = false;
};

/// Reads "METHOD PATH" or "* PATH": one space between, the path as clients send it (printable
/// ASCII, no query), at most 256 bytes in all. A trailing "/*" matches every path below it. The
/// path comes back in its canonical form (config/route_path.h).
Result<RouteMatch> parse_route_match(std::string_view text);

}  // namespace rl
