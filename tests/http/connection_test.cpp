#include "rl/http/connection.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <string>
#include <string_view>
#include <utility>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;
using rl::http::Connection;
using rl::http::OpenSockets;

namespace {

/// Both ends of a connection.
struct Ends {
  Ends() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0); }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    hang_up();
    ::close(sockets[0]);
  }

  socket_t ours() const { return sockets[0]; }

  void send(std::string_view text) const {
    REQUIRE(::send(sockets[1], text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }

  /// What the peer has got.
  std::string received() const {
    char buffer[100];
    const ssize_t count = ::recv(sockets[1], buffer, sizeof buffer, MSG_DONTWAIT);
    return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "";
  }

  void hang_up() {
    if (sockets[1] >= 0) {
      ::close(sockets[1]);
      sockets[1] = -1;
    }
  }

  int sockets[2] = {-1, -1};
};

/// Binds a new TCP socket to a free port of that address of this machine, and tells which.
std::pair<socket_t, int> bound_to(const char* ip) {
  const socket_t socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  ::inet_pton(AF_INET, ip, &name.sin_addr);
  socklen_t size = sizeof name;
  auto* const generic = reinterpret_cast<sockaddr*>(&name);
  REQUIRE(::bind(socket, generic, size) == 0);
  REQUIRE(::getsockname(socket, generic, &size) == 0);
  return {socket, ntohs(name.sin_port)};
}

/// At most `most` bytes as httplib would get them; "-" when it gets none.
std::string read(Connection& connection, std::size_t most) {
  std::string text(most, '\0');
  const ssize_t count = connection.read(text.data(), most);
  return count > 0 ? text.substr(0, static_cast<std::size_t>(count)) : "-";
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("what came along with a request is there for the next") {
    const rl::ManualClock clock;
    const Ends ends;
    Connection connection(ends.ours(), {.idle = 0ms, .bytes = 100}, clock);
    ends.send("onetwo");
    REQUIRE(connection.await_request());
    CHECK(read(connection, 3) == "one");
    REQUIRE(connection.await_request());
    CHECK(connection.is_readable());
    CHECK(read(connection, 100) == "two");
    CHECK_FALSE(connection.await_request());
  }

  TEST_CASE("a request has its bound of bytes and the next has it anew") {
    const rl::ManualClock clock;
    const Ends ends;
    Connection connection(ends.ours(), {.idle = 0ms, .bytes = 4}, clock);
    ends.send("12345678");
    REQUIRE(connection.await_request());
    CHECK(read(connection, 3) == "123");
    CHECK(read(connection, 3) == "4");
    CHECK(read(connection, 3) == "-");
    REQUIRE(connection.await_request());
    CHECK(read(connection, 100) == "5678");
    CHECK(read(connection, 1) == "-");
  }

  TEST_CASE("a request has its bound of time and the next has it anew") {
    rl::ManualClock clock;
    const Ends ends;
    Connection connection(ends.ours(), {.idle = 0ms, .request = 10s, .bytes = 100}, clock);
    ends.send("slow");
    REQUIRE(connection.await_request());
    CHECK(read(connection, 100) == "slow");
    clock.advance(10s);
    CHECK_FALSE(connection.is_readable());  // at once: no time is left to wait
    CHECK(read(connection, 100) == "-");
    ends.send("next");
    REQUIRE(connection.await_request());
    CHECK(connection.is_readable());
    CHECK(read(connection, 100) == "next");
  }

  TEST_CASE("the rest of a request is waited for as long as its own bound has time left") {
    rl::ManualClock clock;
    Ends ends;
    Connection connection(ends.ours(), {.idle = 0ms, .request = 10s, .bytes = 100}, clock);
    ends.send("one");
    REQUIRE(connection.await_request());
    CHECK(read(connection, 100) == "one");
    clock.advance(11s);
    ends.send("tw");
    REQUIRE(connection.await_request());
    CHECK(read(connection, 100) == "tw");
    auto rest = std::async(std::launch::async, [&] { return read(connection, 100); });
    CHECK(rest.wait_for(100ms) == std::future_status::timeout);
    ends.send("o");
    CHECK(rest.get() == "o");
    clock.advance(11s);
    auto late = std::async(std::launch::async, [&] { return connection.is_readable(); });
    const auto told = late.wait_for(3s);  // a time that is over is no "for ever"
    ends.hang_up();
    CHECK(told == std::future_status::ready);
  }

  TEST_CASE("a peer that is silent or gone asks for nothing") {
    const rl::ManualClock clock;
    Ends ends;
    Connection connection(ends.ours(), {.idle = 1ms, .bytes = 100}, clock);
    CHECK_FALSE(connection.await_request());
    ends.send("half");
    ends.hang_up();
    REQUIRE(connection.await_request());
    CHECK(read(connection, 100) == "half");
    CHECK(read(connection, 100) == "-");
    CHECK_FALSE(connection.await_request());
  }

  TEST_CASE("a response goes out unless the peer takes no more") {
    const rl::ManualClock clock;
    Ends ends;
    Connection connection(ends.ours(), {.write = 1ms}, clock);
    CHECK(connection.httplib::Stream::write(std::string("reply")) == 5);
    CHECK(ends.received() == "reply");
    const std::string much(std::size_t{1} << 16U, 'x');
    const int flags_none = 0;
    ::setsockopt(ends.ours(), SOL_SOCKET, SO_SNDBUF, &flags_none, sizeof flags_none);
    while (::send(ends.ours(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
    }
    CHECK_FALSE(connection.is_writable());
    CHECK(connection.httplib::Stream::write(much) == -1);
    ends.hang_up();
    auto* const before = ::signal(SIGPIPE, SIG_DFL);
    CHECK(connection.httplib::Stream::write(much) == -1);  // and no signal ends the program
    ::signal(SIGPIPE, before);
  }

  TEST_CASE("the address of the peer is not our own") {
    const auto [listener, port] = bound_to("127.0.0.1");
    const auto [peer, peer_port] = bound_to("127.0.0.2");
    sockaddr_in name{};
    socklen_t size = sizeof name;
    auto* const generic = reinterpret_cast<sockaddr*>(&name);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, generic, &size) == 0);
    REQUIRE(::connect(peer, generic, size) == 0);
    const socket_t accepted = ::accept(listener, nullptr, nullptr);
    const rl::ManualClock clock;
    const Connection connection(accepted, {}, clock);
    std::string told;
    int told_port = 0;
    connection.get_remote_ip_and_port(told, told_port);
    CHECK(told == "127.0.0.2");
    CHECK(told_port == peer_port);
    connection.get_local_ip_and_port(told, told_port);
    CHECK(told == "127.0.0.1");
    CHECK(told_port == port);
    for (const socket_t socket : {listener, peer, accepted}) {
      ::close(socket);
    }
  }

  TEST_CASE("a stop ends reading and leaves writing") {
    const rl::ManualClock clock;
    const Ends ends;
    const Ends removed;
    const Ends late;
    OpenSockets open;
    CHECK(open.add(ends.ours()));
    CHECK(open.add(removed.ours()));
    open.remove(removed.ours());
    CHECK_FALSE(open.stopping());
    open.stop_reading();
    CHECK(open.stopping());
    CHECK_FALSE(open.add(late.ours()));

    Connection connection(ends.ours(), {.idle = 3s, .bytes = 100}, clock);
    CHECK_FALSE(connection.await_request());
    CHECK(connection.httplib::Stream::write(std::string("last")) == 4);
    CHECK(ends.received() == "last");
    for (const Ends* const untouched : {&removed, &late}) {
      untouched->send("heard");
      Connection other(untouched->ours(), {.idle = 0ms, .bytes = 100}, clock);
      CHECK(other.await_request());
    }
  }
}
