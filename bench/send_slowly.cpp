// Keeps N connections to 127.0.0.1:PORT on each of which one byte of a request comes in every
// second, and opens another one for each that the server ends. Says "sending N" when all are open,
// and goes on until its input ends.
//   send_slowly PORT N
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "bench/loopback.h"

namespace {

constexpr std::string_view kRequest =
    "GET /v1/check HTTP/1.1\r\nHost: localhost\r\nX-API-Key: rlk_demo_free\r\n\r\n";

struct Sender {
  int socket = -1;
  std::size_t sent = 0;
};

bool open(Sender& sender, const sockaddr_in& peer) {
  sender = {.socket = rl::bench::connect_to(peer), .sent = 0};
  return sender.socket >= 0;
}

/// Sends the next byte; over an ended connection it opens another.
bool send_byte(Sender& sender, const sockaddr_in& peer) {
  std::array<char, 1024> reply{};
  const bool ended = ::recv(sender.socket, reply.data(), reply.size(), MSG_DONTWAIT) >= 0;
  if (!ended &&
      ::send(sender.socket, &kRequest[sender.sent % kRequest.size()], 1, MSG_NOSIGNAL) == 1) {
    ++sender.sent;
    return true;
  }
  ::close(sender.socket);
  return open(sender, peer);
}

/// Waits; false when the input has ended meanwhile.
bool wait(int milliseconds) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, milliseconds) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: send_slowly PORT N\n", stderr);
    return 2;
  }
  rl::bench::raise_descriptor_limit();
  const sockaddr_in peer = rl::bench::loopback(argv[1]);
  std::vector<Sender> senders(std::strtoul(argv[2], nullptr, 10));
  for (Sender& sender : senders) {
    if (!open(sender, peer)) {
      std::fputs("send_slowly: a connection failed\n", stderr);
      return 1;
    }
  }
  std::printf("sending %zu\n", senders.size());
  std::fflush(stdout);
  // A tenth of them every tenth of a second, so that their bytes do not come all at once.
  constexpr std::size_t kParts = 10;
  for (std::size_t part = 0; wait(1000 / kParts); part = (part + 1) % kParts) {
    for (std::size_t i = part; i < senders.size(); i += kParts) {
      if (!send_byte(senders[i], peer)) {
        std::fputs("send_slowly: a connection failed\n", stderr);
        return 1;
      }
    }
  }
  return 0;
}
