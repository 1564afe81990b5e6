#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rl/base/result.h"

struct ssl_st;

namespace rl::redis {

/// The client's side of one TLS connection (1.2 or newer): text in, records out and back. Speaks to
/// no socket; whoever holds it carries the bytes. The peer's certificate must be signed by a known
/// authority and be for the host that was meant. Not safe from several threads.
class Tls {
 public:
  struct Peer {
    std::string host;     ///< a name or an address
    std::string ca_file;  ///< authorities in PEM that are known; empty: those of the system
  };

  static Result<std::unique_ptr<Tls>> create(const Peer& peer);

  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ~Tls();

  /// Goes on with the handshake after `received`, at first nothing. True when it is over. Fails
  /// when the peer is not who it should be, or breaks the protocol.
  Result<bool> shake_hands(std::string_view received);

  /// Text on its way to the peer, once the handshake is over.
  void encrypt(std::string_view text);

  /// The text of what the peer sent. Fails when it is no record of this connection.
  Result<std::string> decrypt(std::string_view received);

  /// What is to be sent to the peer now.
  std::string take_output();

 private:
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };

  explicit Tls(ssl_st* session);
  std::string reason() const;

  const std::unique_ptr<ssl_st, FreeSession> session_;
};

}  // namespace rl::redis
