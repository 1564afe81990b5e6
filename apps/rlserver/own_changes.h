#pragma once

#include <string>
#include <string_view>

#include "rl/base/log.h"
#include "rl/config/tiers_file.h"
#include "rl/health/health_register.h"
#include "rl/identity/user_directory.h"

namespace rlserver {

/// Writes into the audit log what the server changes by itself, with nobody's token. A change
/// stands also when that fails; the log says so. Safe from several threads. What it is given
/// outlives it.
class OwnChanges {
 public:
  struct Parts {
    rl::UserDirectory& directory;
    const rl::HealthRegister& health;
    const rl::Clock& clock;
    const rl::Log& log;
    std::string instance;  ///< its id
  };

  explicit OwnChanges(Parts parts) : parts_(std::move(parts)) {}

  /// Another policy, because of `who`: "SIGHUP" or "file watch". Nothing when it is the same.
  void policy_loaded(std::string_view who, const rl::PolicyUpdate& update) const;

  /// A health that had its time. All instances of a fleet see it end, and it is one line for all.
  void health_ended(const rl::HealthRecord& now) const;

 private:
  void tell(const rl::DirectoryResult<void>& written, std::string_view action) const;

  const Parts parts_;
};

}  // namespace rlserver
