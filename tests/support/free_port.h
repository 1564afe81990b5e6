#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "rl/base/address.h"
#include "tests/support/command.h"
#include "tests/support/raw_connection.h"

namespace rl::test {

/// A port of 127.0.0.1 that nobody has now, for a program that cannot pick one itself.
inline std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&name), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  ::close(socket);
  return bound ? ntohs(name.sin_port) : std::uint16_t{0};
}

/// Whether somebody comes to listen there.
inline bool listens(const Address& peer) {
  return eventually([&] { return RawConnection(peer).connected(); });
}

}  // namespace rl::test
