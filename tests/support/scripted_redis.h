#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/support/temporary_directory.h"

namespace rl::test {

/// Answers as a real Redis cannot be made to, to one client after the other on a unix socket: each
/// piece of what comes with the bytes that `answer` says, on a thread of its own. Gone with its
/// owner.
class ScriptedRedis {
 public:
  explicit ScriptedRedis(std::function<std::string(std::string_view asked)> answer)
      : answer_(std::move(answer)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket().c_str(), socket().size() + 1);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 10) == 0);
    thread_ = std::jthread([this] { serve(); });
  }
  ScriptedRedis(const ScriptedRedis&) = delete;
  ScriptedRedis& operator=(const ScriptedRedis&) = delete;
  ~ScriptedRedis() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string socket() const { return directory_.path() + "/redis.sock"; }

 private:
  void serve() const {
    for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      std::array<char, 32768> buffer;
      for (ssize_t got = 0; (got = ::recv(client, buffer.data(), buffer.size(), 0)) > 0;) {
        const std::string reply =
            answer_(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
        ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
      }
      ::close(client);
    }
  }

  const TemporaryDirectory directory_;
  const std::function<std::string(std::string_view)> answer_;
  const int listener_;
  std::jthread thread_;
};

}  // namespace rl::test
