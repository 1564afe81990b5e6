#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rl/base/result.h"
#include "rl/http/plain_routes.h"
#include "rl/http/problem.h"
#include "rl/http/trusted_proxies.h"

namespace rl::http {

/// What another proxy wants decided at /v1/check.
struct CheckRequest {
  std::string method = "GET";
  std::string path = "/";  ///< without the query
  std::optional<std::uint32_t> cost;
  int denied_status = 429;
};

/// Reads the request's route from X-Forwarded-Method and -Uri, else X-Original-Method and -URI
/// (both only from a trusted peer: anyone else could choose its own route), else ?route=,
/// which is "METHOD PATH" or a path; else it is GET /. ?cost=N is 0 to 1,000,000 units;
/// ?deny_status is 403 or 429. Anything else is 400.
Result<CheckRequest, Problem> parse_check_request(const PlainRequest& request,
                                                  const TrustedProxies& trusted = {});

/// Splits "METHOD PATH", or a path alone (GET), and drops the query. The path is taken as decoded,
/// so that it may contain spaces. Nothing when it is neither.
std::optional<std::pair<std::string, std::string>> parse_route(std::string_view text);

/// The largest cost of one request, in units.
inline constexpr std::uint32_t kMaxCost = 1'000'000;

}  // namespace rl::http
