#include "rl/http/connection.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

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
    CHECK(connection.httplib::Stream::write(much) == -1);  // and no signal ends the program
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
