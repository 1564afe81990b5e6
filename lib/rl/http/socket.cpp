#include "rl/http/socket.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace rl::http {
namespace {

constexpr int kBacklog = 1024;

Descriptor listen_on(const addrinfo& found) {
  Descriptor socket(::socket(found.ai_family, found.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                             found.ai_protocol));
  // Not SO_REUSEPORT, with which a second server takes half the traffic of a port without a word.
  const int yes = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.number(), found.ai_addr, found.ai_addrlen) != 0 ||
      ::listen(socket.number(), kBacklog) != 0) {
    const int error = errno;
    socket.close();
    errno = error;
  }
  return socket;
}

void name(const sockaddr_storage& address, std::string& ip, int& port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    port = ntohs(six.sin6_port);
  } else {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    port = ntohs(four.sin_port);
  }
  ip = text.data();
}

sockaddr_storage local_address(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

}  // namespace

Result<Descriptor> listen_at(const Address& wanted) {
  const auto refusal = [&](const std::string& why, const std::string& hint = {}) {
    return fail(fmt::format("cannot listen on {}: {}", wanted.to_string(), why), hint);
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  if (::getaddrinfo(wanted.host.empty() ? nullptr : wanted.host.c_str(),
                    std::to_string(wanted.port).c_str(), &hints, &list) != 0) {
    return refusal("no such host");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* found = list; found != nullptr; found = found->ai_next) {
    Descriptor socket = listen_on(*found);
    if (socket.is_open()) {
      return socket;
    }
    error = errno;
  }
  return refusal(
      std::system_category().message(error),
      error == EADDRINUSE ? "another program has this port; port 0 picks a free one" : "");
}

int local_port(int socket) {
  std::string ip;
  int port = 0;
  name(local_address(socket), ip, port);
  return port;
}

Ends ends_of(int socket, const sockaddr_storage& peer) {
  Ends ends;
  name(peer, ends.peer_ip, ends.peer_port);
  name(local_address(socket), ends.local_ip, ends.local_port);
  return ends;
}

std::string peer_key(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
    const auto* const bytes = reinterpret_cast<const char*>(address.s6_addr);
    return IN6_IS_ADDR_V4MAPPED(&address) ? std::string(bytes + 12, 4) : std::string(bytes, 8);
  }
  const auto& address = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
  return {reinterpret_cast<const char*>(&address), sizeof address};
}

}  // namespace rl::http
