#pragma once

#include <string>

#include "rl/base/address.h"
#include "rl/client/admin_error.h"

namespace rl::client {

/// What the user said about the server to talk to; each may be empty.
struct ServerChoice {
  std::string server = {};      ///< http://HOST:PORT or HOST:PORT; empty: the local server
  std::string token_file = {};  ///< goes before `token`
  std::string token = {};       ///< the token itself
  std::string data_dir = {};    ///< of the local server
};

/// An admin listener and the token for it.
struct AdminTarget {
  Address address;
  std::string token;  ///< empty: none is known
};

/// Where the server is and which token opens it. Without `server`, what a running server wrote into
/// its data directory tells both; a token that was chosen goes before its own. A token file that
/// others than its owner can use is refused.
AdminResult<AdminTarget> find_server(const ServerChoice& choice);

}  // namespace rl::client
