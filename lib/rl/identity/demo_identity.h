#pragma once

#include <string>

#include "rl/config/policy_register.h"
#include "rl/identity/identity.h"

namespace rl {

/// The users of `rlserver --dev`: one for each tier of the policy in force, numbered from 1 in the
/// order of the file, with the key "rlk_demo_<tier>". A key followed by "." and 1 to 32 letters,
/// digits, "-" or "_"
/// ("rlk_demo_free.run-7") is another key of the same user, counted on its own, so that a test can
/// always take a fresh one.
class DemoIdentity final : public Identity {
 public:
  /// The register outlives it.
  explicit DemoIdentity(const PolicyRegister& policies) : policies_(policies) {}

  std::optional<Caller> find_key(std::string_view key) const override;
  std::optional<Caller> find_user(std::uint64_t id) const override;

  /// The key of that tier's user.
  static std::string key_of(std::string_view tier);

 private:
  const PolicyRegister& policies_;
};

}  // namespace rl
