// Opens N keep-alive connections to 127.0.0.1:PORT, makes one request on each, says "holding N",
// and keeps them until its input ends.
//   hold_connections PORT N PATH
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/loopback.h"

namespace {

bool hold_one(const sockaddr_in& peer, const std::string& request) {
  const int socket = rl::bench::connect_to(peer);
  std::array<char, 4096> reply{};
  return socket >= 0 && ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
         ::recv(socket, reply.data(), reply.size(), 0) > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: hold_connections PORT N PATH\n", stderr);
    return 2;
  }
  rl::bench::raise_descriptor_limit();
  const sockaddr_in peer = rl::bench::loopback(argv[1]);
  const std::string request = std::string("GET ") + argv[3] + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const unsigned long count = std::strtoul(argv[2], nullptr, 10);
  for (unsigned long i = 0; i < count; ++i) {
    if (!hold_one(peer, request)) {
      std::fprintf(stderr, "hold_connections: connection %lu failed\n", i);
      return 1;
    }
  }
  std::printf("holding %lu\n", count);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}
