#pragma once

#include <string>

#include "data_directory.h"
#include "options.h"
#include "rl/base/result.h"
#include "rl/identity/admin_tokens.h"

namespace rlserver {

/// What opens the admin listener, and the file that it was read from.
struct AdminAccess {
  rl::AdminTokens tokens;
  std::string file;  ///< absolute; local tools find their token there; empty: no file
};

/// The tokens of --admin-token-file, else of RL_ADMIN_TOKEN, else one that the server makes itself
/// in its data directory, which is only for a listener on loopback.
rl::Result<AdminAccess> find_admin_access(const Options& options, const DataDirectory& directory);

/// Reads a token file (AdminTokens::parse). One that others than its owner can reach is refused.
rl::Result<rl::AdminTokens> read_tokens(const std::string& path);

}  // namespace rlserver
