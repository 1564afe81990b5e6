#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rl/base/address.h"

namespace rl::test {

/// A TCP connection to a listener on 127.0.0.1 that sends exactly the bytes it is given.
/// Connecting, each read and each write give up after `patience`, which is less than any timeout of
/// the server.
class RawConnection {
 public:
  explicit RawConnection(const Address& peer,
                         std::chrono::milliseconds patience = std::chrono::seconds{3})
      : patience_(patience),
        socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(peer.port);
    const int done = ::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    if (done != 0 && errno == EINPROGRESS && wait_for(POLLOUT)) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
      connected_ = error == 0;
    } else {
      connected_ = done == 0;
    }
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection() { ::close(socket_); }

  bool connected() const { return connected_; }

  /// Our end's port.
  std::uint16_t port() const {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size);
    return ntohs(name.sin_port);
  }

  /// Whether all of it went into the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty() && wait_for(POLLOUT)) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return bytes.empty();
  }

  /// The next reply up to its empty line; empty when none came.
  std::string read_head() {
    constexpr std::string_view kEnd = "\r\n\r\n";
    std::size_t end = received_.find(kEnd);
    while (end == std::string::npos) {
      if (!receive()) {
        return {};
      }
      end = received_.find(kEnd);
    }
    return take(end + kEnd.size());
  }

  /// The next reply with its body of Content-Length bytes; empty when no whole one came.
  std::string read_reply() {
    std::string head = read_head();
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t field = head.find(kLength);
    if (field == std::string::npos) {
      return head;
    }
    const std::size_t length = std::strtoul(head.c_str() + field + kLength.size(), nullptr, 10);
    while (received_.size() < length) {
      if (!receive()) {
        return {};
      }
    }
    return head + take(length);
  }

  /// That many bytes, or fewer when no more came.
  std::string read(std::size_t length) {
    while (received_.size() < length && receive()) {
    }
    return take(length);
  }

  /// Whether the peer ends the connection and sends nothing more before that. Not, when it falls
  /// silent.
  bool ends() {
    char byte = 0;
    return received_.empty() && wait_for(POLLIN) && ::recv(socket_, &byte, 1, 0) <= 0;
  }

  /// Reads what is there or comes next, throws it away and tells how much it was.
  std::size_t read_some() {
    if (received_.empty()) {
      receive();
    }
    return take(received_.size()).size();
  }

  /// Everything until the peer ends the connection or falls silent.
  std::string read_to_end() {
    while (receive()) {
    }
    return take(received_.size());
  }

  /// Lets that much time go by without a look at the connection.
  void pause(std::chrono::milliseconds time) const {
    ::poll(nullptr, 0, static_cast<int>(time.count()));
  }

  /// Whether nothing comes, not even the end, for a while.
  bool is_quiet() const {
    pollfd entry{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 400) == 0;
  }

  /// Sends the request and reads the reply.
  std::string ask(std::string_view request) { return send(request) ? read_reply() : ""; }

 private:
  bool wait_for(short event) const {
    pollfd entry{.fd = socket_, .events = event, .revents = 0};
    return ::poll(&entry, 1, static_cast<int>(patience_.count())) == 1;
  }

  bool receive() {
    char buffer[4096];
    const ssize_t count = wait_for(POLLIN) ? ::recv(socket_, buffer, sizeof buffer, 0) : 0;
    if (count > 0) {
      received_.append(buffer, static_cast<std::size_t>(count));
    }
    return count > 0;
  }

  std::string take(std::size_t length) {
    std::string taken = received_.substr(0, length);
    received_.erase(0, length);
    return taken;
  }

  std::chrono::milliseconds patience_;
  int socket_;
  bool connected_ = false;
  std::string received_;  ///< and not yet taken
};

}  // namespace rl::test
