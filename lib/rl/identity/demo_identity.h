#pragma once

#include <string>

#include "rl/config/policy_register.h"
#include "rl/identity/identity.h"

namespace rl {

/// The users of `rlserver --dev`: one for each tier of the policy in force, numbered from 1 in the
/// order of the file, with the key "rlk_demo_<tier>". A key followed by "." and 1 to 32 letters,
/// digits, "-" or "_"
/// ("rlk_demo_free.run-7") is another key of the same user, counted on its own, so that a test can
/// always take a fresh one. Other keys, and users that are not in the policy's order, are those of
/// the identity behind it.
class DemoIdentity final : public Identity {
 public:
  /// What it is given outlives it.
  explicit DemoIdentity(const PolicyRegister& policies) : DemoIdentity(policies, kNobody) {}
  DemoIdentity(const PolicyRegister& policies, const Identity& others)
      : policies_(policies), others_(others) {}

  CallerLookup find_key(std::string_view key) const override;
  CallerLookup find_user(std::uint64_t id) const override;

  /// The key of that tier's user.
  static std::string key_of(std::string_view tier);

  /// The name of that tier's user.
  static std::string user_of(std::string_view tier);

 private:
  static const NoIdentity kNobody;  // NOLINT(readability-identifier-naming): a constant

  const PolicyRegister& policies_;
  const Identity& others_;
};

}  // namespace rl
