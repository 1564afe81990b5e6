#pragma once

#include "data_directory.h"
#include "options.h"
#include "rl/config/policy.h"

namespace rlserver {

/// Builds the server out of its parts, runs it until SIGTERM or SIGINT, and stops it. Returns the
/// exit status; what failed has been reported.
ExitStatus run(const Options& options, rl::Policy policy);

}  // namespace rlserver
