#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rl/identity/caller.h"

namespace rl {

/// Who the users are and which keys are theirs. Safe from several threads.
class Identity {
 public:
  virtual ~Identity() = default;

  /// The caller that an API key belongs to; nothing when no valid key is like that.
  virtual std::optional<Caller> find_key(std::string_view key) const = 0;

  /// The user of that id as a caller; nothing when there is none.
  virtual std::optional<Caller> find_user(std::uint64_t id) const = 0;
};

/// Without any users: every key is refused.
class NoIdentity final : public Identity {
 public:
  std::optional<Caller> find_key(std::string_view) const override { return std::nullopt; }
  std::optional<Caller> find_user(std::uint64_t) const override { return std::nullopt; }
};

}  // namespace rl
