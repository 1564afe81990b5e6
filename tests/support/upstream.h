#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rl/base/address.h"

namespace rl::test {

/// The upstream's end of one connection, as a test drives it.
class UpstreamPeer {
 public:
  explicit UpstreamPeer(int socket) : socket_(socket) {}

  /// The next request up to its empty line; empty when the connection ended.
  std::string read_head() { return read_until("\r\n\r\n"); }

  /// That many bytes, or fewer when the connection ended.
  std::string read(std::size_t length) {
    while (received_.size() < length && receive()) {
    }
    return take(std::min(length, received_.size()));
  }

  /// The content of a body in chunks; what has come of it when the connection ended.
  std::string read_chunks() {
    std::string body;
    for (;;) {
      const std::string line = read_until("\r\n");
      const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
      if (line.empty() || size == 0) {
        whole_ = !line.empty();
        read_until("\r\n");
        return body;
      }
      body += read(size);
      read_until("\r\n");
    }
  }

  /// Whether the last chunk of the last body in chunks came.
  bool whole() const { return whole_; }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Waits until the other end has closed; false when it has not in some seconds.
  bool is_closed_by_peer() {
    pollfd entry{.fd = socket_, .events = POLLIN, .revents = 0};
    char byte = 0;
    return ::poll(&entry, 1, 5000) == 1 && ::recv(socket_, &byte, 1, 0) <= 0;
  }

 private:
  std::string read_until(std::string_view end) {
    std::size_t at = received_.find(end);
    while (at == std::string::npos) {
      if (!receive()) {
        return {};
      }
      at = received_.find(end);
    }
    return take(at + end.size());
  }

  bool receive() {
    char buffer[65536];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    received_.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return count > 0;
  }

  std::string take(std::size_t length) {
    std::string taken = received_.substr(0, length);
    received_.erase(0, length);
    return taken;
  }

  int socket_;
  bool whole_ = false;
  std::string received_;
};

/// An upstream on a free port of 127.0.0.1 that does with each request what a test says, and
/// remembers their heads. Its connections are kept open as long as the answer is true.
class TestUpstream {
 public:
  using Serve = std::function<bool(const std::string& head, UpstreamPeer& peer)>;

  explicit TestUpstream(Serve serve)
      : serve_(std::move(serve)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    REQUIRE(::bind(listening_, reinterpret_cast<const sockaddr*>(&name), size) == 0);
    REQUIRE(::listen(listening_, 1024) == 0);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&name), &size);
    port_ = ntohs(name.sin_port);
    acceptor_ = std::thread([this] { accept_until_closed(); });
  }
  TestUpstream(const TestUpstream&) = delete;
  TestUpstream& operator=(const TestUpstream&) = delete;
  ~TestUpstream() {
    ::shutdown(listening_, SHUT_RDWR);
    acceptor_.join();
    ::close(listening_);
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : sockets_) {
        ::shutdown(socket, SHUT_RDWR);
      }
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
    for (const int socket : sockets_) {
      ::close(socket);
    }
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }

  std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return sockets_.size();
  }

 private:
  void accept_until_closed() {
    for (;;) {
      const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        return;
      }
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    UpstreamPeer peer(socket);
    for (bool open = true; open;) {
      const std::string head = peer.read_head();
      if (head.empty()) {
        break;
      }
      {
        const std::lock_guard lock(mutex_);
        heads_.push_back(head);
      }
      open = serve_(head, peer);
    }
    ::shutdown(socket, SHUT_RDWR);
  }

  const Serve serve_;
  const int listening_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<int> sockets_;  // guarded by mutex_, as the following
  std::vector<std::string> heads_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// 200 with a body of a known length.
inline std::string ok(const std::string& body, const std::string& fields = {}) {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace rl::test
