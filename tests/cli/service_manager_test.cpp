#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

#include "tests/cli/programs.h"

using rl::test::RlServer;
using rl::test::TemporaryDirectory;

namespace {

/// A service manager: a datagram socket at a path or, with "@", in the abstract namespace.
class ServiceManager {
 public:
  explicit ServiceManager(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(name.size() < sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    if (name.starts_with('@')) {
      address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    REQUIRE(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager() { ::close(socket_); }

  /// The next datagram; empty when none comes.
  std::string hear() const {
    std::array<char, 256> buffer{};
    const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("the service manager is told when the server is ready and when it stops") {
    const TemporaryDirectory directory;
    for (const std::string& name : {directory.path() + "/notify", "@" + directory.path()}) {
      CAPTURE(name);
      const ServiceManager manager(name);
      RlServer server({.environment = {{"NOTIFY_SOCKET", name}}});
      CHECK(manager.hear() == "READY=1");
      server.signal(SIGTERM);
      CHECK(manager.hear() == "STOPPING=1");
      CHECK(server.wait() == 0);
    }
  }

  TEST_CASE("a service manager that does not listen does not matter") {
    const TemporaryDirectory directory;
    for (const std::string& name : {directory.path() + "/nobody", std::string("relative"),
                                    "/" + std::string(200, 'x'), std::string("@")}) {
      CAPTURE(name);
      RlServer server({.environment = {{"NOTIFY_SOCKET", name}}});
      CHECK(server.get("/readyz").status == 200);
      server.signal(SIGTERM);
      CHECK(server.wait() == 0);
    }
  }
}
