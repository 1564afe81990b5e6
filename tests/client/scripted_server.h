#pragma once

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rl/base/address.h"

namespace rl::test {

/// A real HTTP server on a free port of this machine that answers as a test says, and remembers
/// what it was asked.
class ScriptedServer {
 public:
  using Answer = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit ScriptedServer(Answer answer, std::size_t requests_per_connection = 100) {
    server_.set_keep_alive_max_count(requests_per_connection);
    const auto handle = [this, answer = std::move(answer)](const httplib::Request& request,
                                                           httplib::Response& response) {
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(request);
      }
      answer(request, response);
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    server_.Put(".*", handle);
    server_.Patch(".*", handle);
    address_ = {"127.0.0.1", static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"))};
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    while (!server_.is_running()) {
      std::this_thread::yield();  // stop() does nothing before
    }
    server_.stop();
    thread_.join();
  }

  /// Answers always the same.
  static Answer always(int status, const std::string& body, const std::string& content_type) {
    return [=](const httplib::Request&, httplib::Response& response) {
      response.status = status;
      response.set_content(body, content_type);
    };
  }

  const Address& address() const { return address_; }

  std::vector<httplib::Request> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  httplib::Server server_;
  Address address_;
  std::mutex mutex_;
  std::vector<httplib::Request> seen_;  // guarded by mutex_
  std::thread thread_;
};

/// A server that takes every request and answers none while the test lives.
class SilentServer {
 public:
  const Address& address() const { return server_.address(); }
  ~SilentServer() { end_.set_value(); }

 private:
  std::promise<void> end_;
  std::shared_future<void> ended_{end_.get_future()};
  ScriptedServer server_{
      [ended = ended_](const httplib::Request&, httplib::Response&) { ended.wait(); }};
};

/// A TCP socket on a free port. Not listening: connections are refused. Listening: the test says
/// what happens to the one that comes.
class RawPeer {
 public:
  RawPeer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    auto* const generic = reinterpret_cast<sockaddr*>(&name);
    if (::bind(socket_, generic, size) == 0 && ::getsockname(socket_, generic, &size) == 0) {
      address_ = {"127.0.0.1", ntohs(name.sin_port)};
    }
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  ~RawPeer() {
    if (thread_.joinable()) {
      thread_.join();
    }
    ::close(socket_);
  }

  const Address& address() const { return address_; }

  /// Takes one connection, reads a little of what comes, sends `text`, hangs up.
  void answer_once(std::string text) {
    ::listen(socket_, 1);
    thread_ = std::thread([this, text = std::move(text)] {
      const int peer = ::accept(socket_, nullptr, nullptr);
      char buffer[1024];
      if (::recv(peer, buffer, sizeof buffer, 0) > 0 && !text.empty()) {
        ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      }
      ::close(peer);
    });
  }

 private:
  int socket_;
  Address address_;
  std::thread thread_;
};

}  // namespace rl::test
