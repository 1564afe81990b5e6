#pragma once

#include <memory>

#include "options.h"
#include "rl/base/log.h"
#include "rl/http/tls/tls_endpoint.h"

namespace rlserver {

/// TLS of both listeners; without it they are nullptr and the listeners speak plain HTTP.
struct ListenerTls {
  std::unique_ptr<rl::http::TlsEndpoint> data;
  std::unique_ptr<rl::http::TlsEndpoint> admin;

  bool is_on() const { return data != nullptr; }

  /// Reads the files again; those that cannot be used change nothing, which the log tells.
  void reload(const rl::Log& log) const;
};

/// What the options ask for.
rl::Result<ListenerTls> open_tls(const Options& options);

/// Warns of a certificate that has ended, and of an admin listener that tokens reach in the clear.
void warn_of_tls(const Options& options, const ListenerTls& tls, const rl::Clock& clock,
                 const rl::Log& log);

}  // namespace rlserver
