#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data_directory.h"
#include "options.h"
#include "rl/config/policy.h"
#include "rl/identity/user_directory.h"

namespace rlserver {

using Users = std::unique_ptr<rl::UserDirectory>;

/// The tiers that have a demo user: with --dev all of them.
std::vector<std::string> demo_tiers(const Options& options, const rl::Policy& policy);

/// The users in Redis when the counters are there, otherwise in the data directory; with --dev in
/// memory, and the demo users are the first of them.
rl::Result<Users> open_users(const Options& options, const DataDirectory& directory,
                             const rl::Policy& policy, const rl::Clock& clock, const rl::Log& log);

}  // namespace rlserver
