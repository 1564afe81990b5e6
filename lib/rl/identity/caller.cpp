#include "rl/identity/caller.h"

#include <fmt/core.h>

#include "rl/identity/digest.h"
#include "rl/limit/rule.h"

namespace rl {
namespace {

/// Keeps a digest apart from an id that looks like one.
constexpr char kDigestMark = '#';

}  // namespace

std::string owner_name(std::string_view prefix, std::string_view id) {
  if (prefix.size() + id.size() <= kMaxOwner && !id.starts_with(kDigestMark)) {
    return fmt::format("{}{}", prefix, id);
  }
  const std::string marked = fmt::format("{}{}{}", prefix, kDigestMark, sha256_hex(id));
  return marked.substr(0, kMaxOwner);
}

Caller anonymous_caller(std::string_view id, std::string_view tier) {
  const std::string owner = owner_name("a:", id);
  return {.user_id = 0,
          .user_name = std::string(id),
          .key_id = {},
          .tier = std::string(tier),
          .key_owner = owner,
          .user_owner = owner};
}

}  // namespace rl
