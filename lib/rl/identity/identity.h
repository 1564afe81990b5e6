#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rl/base/result.h"
#include "rl/identity/caller.h"

namespace rl {

/// A caller, or nothing when there is none like that. An error says that nobody can tell now, which
/// is another thing: such a key must not be called wrong.
using CallerLookup = Result<std::optional<Caller>>;

/// Who the users are and which keys are theirs. Safe from several threads.
class Identity {
 public:
  virtual ~Identity() = default;

  /// The caller that an API key belongs to; nothing when no valid key is like that.
  virtual CallerLookup find_key(std::string_view key) const = 0;

  /// The user of that id as a caller; nothing when there is none.
  virtual CallerLookup find_user(std::uint64_t id) const = 0;
};

/// Without any users: every key is refused.
class NoIdentity final : public Identity {
 public:
  CallerLookup find_key(std::string_view) const override { return std::optional<Caller>(); }
  CallerLookup find_user(std::uint64_t) const override { return std::optional<Caller>(); }
};

}  // namespace rl
