#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rl {

/// A tier's name: a-z, 0-9, "_" and "-", of which the first is a letter or digit; at most kMaxOwner
/// bytes, as it names the buckets of scope "tier".
bool is_tier_name(std::string_view text);

/// A limit's name: as a tier's, and with ".".
bool is_rule_name(std::string_view text);

/// The text, UTF-8, in double quotes, fit for a line of output: what is not printable is escaped,
/// and what is longer than 64 bytes is cut.
std::string quoted(std::string_view text);

/// The hint that goes with an unknown name: `did you mean "…"?`, or all the names where none is
/// near and there are few.
std::string suggest(std::string_view name, std::span<const std::string> valid);

}  // namespace rl
