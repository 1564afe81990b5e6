#include "bench/loopback.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace rl::bench {

sockaddr_in loopback(const char* port) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10)));
  return peer;
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int connect_to(const sockaddr_in& peer) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (socket >= 0 &&
      ::connect(socket, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) {
    ::close(socket);
    return -1;
  }
  return socket;
}

}  // namespace rl::bench
