#pragma once

#include "rl/admission/outcome.h"
#include "rl/http/header_groups.h"
#include "rl/http/problem.h"

namespace rl::http {

/// The headers of every limited response, allowed or denied, from the outcome alone, as far as
/// their groups are on, in the order of their names:
///   X-RateLimit-Limit, -Remaining, -Reset    of the binding rule; Reset is a UTC epoch second
///   RateLimit-Policy, RateLimit              of all enforced rules (draft-ietf-httpapi-
///                                            ratelimit-headers-08; t and w in seconds)
///   X-RateLimit-Context                      which tier, health, policy and store decided
///   Server-Timing                            how long the decision took, in milliseconds
///   Date
/// and for a denial Retry-After (whole seconds, rounded up, at least 1; none when the request can
/// never pass) and Cache-Control: no-store.
HeaderFields rate_headers(const Outcome& outcome, const HeaderGroups& groups = {});

/// The problem document of a denial: which limit, and when it frees. Precondition: not allowed.
Problem quota_problem(const Outcome& outcome);

}  // namespace rl::http
