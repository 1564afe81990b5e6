#pragma once

#include <optional>
#include <string>

#include "rl/base/address.h"
#include "rl/client/admin_error.h"
#include "rl/client/http_connection.h"

namespace rl::client {

/// What the user said about the server to talk to; each may be empty.
struct ServerChoice {
  std::string server = {};      ///< http[s]://HOST:PORT or HOST:PORT; empty: the local server
  std::string token_file = {};  ///< goes before `token`
  std::string token = {};       ///< the token itself
  std::string data_dir = {};    ///< of the local server
  TlsOptions tls = {};          ///< for a server that speaks https
};

/// An admin listener and the token for it.
struct AdminTarget {
  Address address;
  std::string token;  ///< empty: none is known
  std::optional<TlsOptions> tls = {};
};

/// Where the server is and which token opens it. Without `server`, what a running server wrote into
/// its data directory tells both; a token that was chosen goes before its own. Of a token file with
/// several tokens, lines of NAME ROLE TOKEN, the first with the largest role counts. One that
/// others than its owner can use is refused.
AdminResult<AdminTarget> find_server(const ServerChoice& choice);

}  // namespace rl::client
