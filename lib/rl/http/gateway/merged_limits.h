#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rl/http/rate_headers.h"

namespace rl::http {

/// Puts the rate-limit fields of this server and those that an upstream sent together, into
/// `upstream`. None of the upstream's is taken from the client but for a stricter one:
///   X-RateLimit-Limit, -Remaining, -Reset   the three of whoever has less remaining; while the
///                                           upstream tells no remaining, ours
///   RateLimit, RateLimit-Policy             both lists, ours first
///   Server-Timing                           both
///   Retry-After, Date                       the upstream's, else ours
///   X-RateLimit-Context                     ours: it says who decided here
void merge_limits(const HeaderFields& ours, HeaderFields& upstream);

}  // namespace rl::http
