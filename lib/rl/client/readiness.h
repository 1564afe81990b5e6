#pragma once

#include <optional>
#include <string>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/client/admin_error.h"
#include "rl/client/http_connection.h"

namespace rl::client {

/// Whether a server wants traffic.
struct Readiness {
  bool ready = false;
  std::string why_not = {};  ///< empty when it is
};

/// Asks `/readyz` of one of a server's listeners, which needs no token. `timeout` bounds
/// connecting, and each read and write.
AdminResult<Readiness> ask_readiness(const Address& server, Micros timeout,
                                     const std::optional<TlsOptions>& tls = {});

}  // namespace rl::client
