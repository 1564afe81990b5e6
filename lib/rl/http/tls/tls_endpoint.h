#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/http/transport.h"

/// As OpenSSL names it.
struct ssl_ctx_st;

namespace rl::http {

/// The files that a listener needs for TLS, all PEM.
struct TlsFiles {
  std::string certificate = {};  ///< ours first, then those that lead to its authority
  std::string key = {};          ///< of the certificate, without a password
  std::string client_ca = {};    ///< authorities of clients; empty: clients need no certificate
};

/// What a listener shows and asks for: TLS 1.2 and 1.3, HTTP/1.1 only (ALPN), for TLS 1.2 only
/// cipher suites with forward secrecy. With `client_ca` a client without a certificate of one of
/// these authorities, valid now, is refused in the handshake. Safe from several threads.
class TlsEndpoint {
 public:
  /// Fails when a file cannot be read or is not what it should be, when the key does not belong to
  /// the certificate, or when others than the owner of the key and its group can reach the key.
  static Result<std::unique_ptr<TlsEndpoint>> open(const TlsFiles& files);

  /// Reads the files again, for the connections that come from then on. Failure: those in force
  /// stay.
  Result<void> reload();

  /// Takes an accepted socket, which is non-blocking. The handshake is part of the first reads.
  /// nullptr: there is no memory for it, and the socket is closed.
  std::unique_ptr<Transport> accept(Descriptor socket) const;

  /// When the certificate in force ends.
  WallTime valid_until() const;

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;

  TlsEndpoint(TlsFiles files, Context context)
      : files_(std::move(files)), context_(std::move(context)) {}

  static Result<Context> load(const TlsFiles& files);
  Context context() const;

  const TlsFiles files_;
  mutable std::mutex mutex_;
  Context context_;  // guarded by mutex_
};

/// Whether a file holds certificates of authorities, in PEM, that a peer can be checked with.
Result<void> check_authorities(const std::string& file);

}  // namespace rl::http
