#include "rl/load/reply_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "rl/base/duration.h"

namespace rl::load {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> number_in(const client::HttpReply& reply, std::string_view name) {
  const auto value = reply.header(name);
  return value ? parse_number(*value) : std::nullopt;
}

/// The value of `name` in "a=1;b=2".
std::optional<std::string_view> value_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<HealthState> parse_state(std::string_view name) {
  for (const HealthState state : {HealthState::kNormal, HealthState::kDegraded}) {
    if (name == to_string(state)) {
      return state;
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_header_fault(const client::HttpReply& reply,
                                             std::span<const ExactLimit> limits) {
  const auto limit = number_in(reply, "X-RateLimit-Limit");
  const auto remaining = number_in(reply, "X-RateLimit-Remaining");
  const auto reset = number_in(reply, "X-RateLimit-Reset");
  if (!limit || !remaining || !reset) {
    return fmt::format("{} without X-RateLimit-Limit, -Remaining and -Reset", reply.status);
  }
  const bool known = std::any_of(limits.begin(), limits.end(), [&](const ExactLimit& in_force) {
    return in_force.units == *limit;
  });
  if (!known) {
    return fmt::format("{} with X-RateLimit-Limit {} which is not in force", reply.status, *limit);
  }
  // A limit of 0 has nothing to remain below.
  if (*remaining > 0 && *remaining >= *limit) {
    return fmt::format("{} with X-RateLimit-Remaining not below X-RateLimit-Limit", reply.status);
  }
  if (*reset == 0) {
    return fmt::format("{} with X-RateLimit-Reset 0", reply.status);
  }
  return std::nullopt;
}

std::optional<std::string> find_retry_fault(const client::HttpReply& reply,
                                            std::span<const ExactLimit> limits) {
  const auto retry_after = number_in(reply, "Retry-After");
  Micros longest{};
  for (const ExactLimit& limit : limits) {
    if (limit.units == 0) {
      return reply.header("Retry-After")
                 ? std::optional<std::string>("429 with Retry-After although its limit is 0")
                 : std::nullopt;
    }
    longest = std::max(longest, limit.window);
  }
  if (!retry_after || *retry_after < 1) {
    return "429 without a Retry-After of at least 1";
  }
  if (*retry_after > static_cast<std::uint64_t>(ceil_seconds(longest))) {
    return "429 with a Retry-After longer than the window";
  }
  return std::nullopt;
}

}  // namespace

Result<RateLimitContext> parse_context(std::string_view text) {
  const auto tier = value_of(text, "tier");
  const auto state = parse_state(value_of(text, "state").value_or(""));
  const auto health = parse_number(value_of(text, "health").value_or(""));
  const auto policy = parse_number(value_of(text, "policy").value_or(""));
  const auto store = value_of(text, "store");
  if (!tier || !state || !health || !policy || !store) {
    return fail(
        fmt::format("X-RateLimit-Context \"{}\" lacks tier, state, health, policy or store", text));
  }
  return RateLimitContext{.tier = std::string(*tier),
                          .state = *state,
                          .health = *health,
                          .policy = *policy,
                          .store = std::string(*store)};
}

Result<RateLimitContext> context_of(const client::HttpReply& reply) {
  const auto text = reply.header("X-RateLimit-Context");
  if (!text) {
    return fail(fmt::format("{} without X-RateLimit-Context", reply.status));
  }
  return parse_context(*text);
}

std::optional<std::string> find_fault(const client::HttpReply& reply,
                                      const ReplyContract& contract) {
  if (reply.status != 200 && reply.status != 429) {
    return fmt::format("status {}", reply.status);
  }
  const Result<RateLimitContext> context = context_of(reply);
  if (!context) {
    return context.error().message;
  }
  if (context->tier != contract.tier) {
    return fmt::format("decided as tier {}", context->tier);
  }
  if (context->state != contract.state) {
    return fmt::format("decided in state {}", to_string(context->state));
  }
  if (contract.limits.empty()) {
    return std::nullopt;
  }
  if (auto fault = find_header_fault(reply, contract.limits)) {
    return fault;
  }
  return reply.status == 429 ? find_retry_fault(reply, contract.limits) : std::nullopt;
}

}  // namespace rl::load
