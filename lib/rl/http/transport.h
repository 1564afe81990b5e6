#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "rl/http/socket.h"

namespace rl::http {

/// How far one read or write came.
struct Moved {
  enum class State {
    kSome,        ///< `bytes` went through, at least one
    kWantsRead,   ///< none; again when the socket can be read
    kWantsWrite,  ///< none; again when it can be written
    kEnd,         ///< the peer sends nothing more
    kNotTls,      ///< the peer speaks plain HTTP where TLS is due; what is written now goes plain
    kFailed,      ///< nothing will ever go through again
  };
  State state = State::kFailed;
  std::size_t bytes = 0;
  bool more = false;  ///< another read may find something at once; else epoll tells of it
};

/// The bytes of one accepted connection, plain here, or through TLS. Nothing waits: what cannot be
/// done now says what it wants. Owns the socket. One thread at a time; the socket's number may be
/// asked for by all.
class Transport {
 public:
  virtual ~Transport() = default;

  int socket() const { return socket_.number(); }

  /// Reads at most as much as there is room for.
  virtual Moved read(std::span<char> room) = 0;

  /// Writes as much as goes. What was not written has to be offered again: the same bytes, with or
  /// without more behind them.
  virtual Moved write(std::string_view bytes) = 0;

  /// Tells the peer that nothing follows. Reading goes on.
  virtual void end_writing() = 0;

  /// Whether requests can come: false while both ends still agree on keys.
  virtual bool is_open() const = 0;

 protected:
  explicit Transport(Descriptor socket) : socket_(std::move(socket)) {}

  const Descriptor socket_;
};

/// Just the socket, which is non-blocking.
std::unique_ptr<Transport> plain_transport(Descriptor socket);

}  // namespace rl::http
