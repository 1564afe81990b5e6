#pragma once

#include <memory>

#include "rl/http/transport.h"

/// As OpenSSL names it.
struct ssl_ctx_st;

namespace rl::http {

/// The server's end of TLS over the socket, which is non-blocking. nullptr without memory for it.
std::unique_ptr<Transport> tls_transport(Descriptor socket, ssl_ctx_st* context);

}  // namespace rl::http
