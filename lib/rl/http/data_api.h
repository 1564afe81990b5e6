#pragma once

#include "rl/config/policy_register.h"
#include "rl/http/middleware.h"
#include "rl/http/server.h"
#include "rl/http/trusted_proxies.h"

namespace rl::http {

/// Adds what the data listener serves: /test and /limit behind the middleware, /ping for anonymous
/// callers, /v1/check for other proxies, of which the trusted ones tell the route. What it is given
/// outlives the server.
void mount_data_api(Server& server, const Middleware& middleware, const PolicyRegister& policies,
                    const TrustedProxies& trusted = {});

}  // namespace rl::http
