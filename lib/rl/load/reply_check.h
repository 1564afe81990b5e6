#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rl/base/result.h"
#include "rl/client/http_connection.h"
#include "rl/limit/rule.h"
#include "rl/load/naive_limiter.h"

namespace rl::load {

/// What X-RateLimit-Context says: which server state decided about a request.
struct RateLimitContext {
  std::string tier;
  HealthState state = HealthState::kNormal;
  std::uint64_t health = 0;  ///< version of the health
  std::uint64_t policy = 0;  ///< version of the policy
  std::string store;         ///< "memory"
};

/// Reads "tier=free;state=DEGRADED;health=2;policy=1;store=memory": all five, in any order; other
/// names are passed over.
Result<RateLimitContext> parse_context(std::string_view text);

/// The context of a reply; an error when it has none or a broken one.
Result<RateLimitContext> context_of(const client::HttpReply& reply);

/// What a limited reply must be in accord with.
struct ReplyContract {
  std::string_view tier;
  HealthState state = HealthState::kNormal;
  std::span<const ExactLimit> limits = {};  ///< those in force; empty: nothing is counted
};

/// What is wrong with the reply to a limited request of one unit, in a few words without figures of
/// this one request, so that equal faults count as one; nothing when it keeps the contract:
/// - it is 200 or 429, and its context names the tier and the state;
/// - under limits: X-RateLimit-Limit is one of them, -Remaining is below it, -Reset is a time;
/// - a 429 says Retry-After: whole seconds from 1 up to the longest window; none if a limit is 0.
std::optional<std::string> find_fault(const client::HttpReply& reply,
                                      const ReplyContract& contract);

}  // namespace rl::load
