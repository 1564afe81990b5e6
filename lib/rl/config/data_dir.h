#pragma once

#include <string>

namespace rl {

/// Where a server keeps what outlives it, and where `rlctl` looks for a local server:
/// $RL_DATA_DIR, else $XDG_STATE_HOME/rl, else $HOME/.local/state/rl, else /var/lib/rl.
std::string default_data_dir();

/// In the data directory while a server runs: JSON with "pid", "data" and "admin" (HOST:PORT each)
/// and "token_file". The same document that --ready-file asks for.
inline constexpr char kServerFile[] = "server.json";

/// In the data directory: the admin token that a server made for itself, mode 0600.
inline constexpr char kTokenFile[] = "admin-token";

}  // namespace rl
