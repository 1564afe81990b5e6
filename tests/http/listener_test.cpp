#include <netinet/tcp.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>

#include "rl/http/problem.h"
#include "rl/http/server.h"
#include "tests/http/house.h"
#include "tests/support/raw_connection.h"

using namespace std::chrono_literals;
using rl::test::House;
using rl::test::RawConnection;

namespace {

constexpr char kAsk[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

rl::Address any_port() {
  return {"127.0.0.1", 0};
}

/// A server that answers GET / with its name.
struct Named {
  explicit Named(const std::string& name) : server({.name = name, .threads = 2}, log) {
    server.get("/", [name](const auto&, auto& response) {
      rl::http::answer_json(response, 200, {{"name", name}});
    });
  }

  rl::Log log{rl::LogLevel::kError};
  rl::http::Server server;
};

/// The server's end of a connection whose other end has that port, or -1: both are in this process.
int server_end(std::uint16_t server_port, std::uint16_t client_port) {
  for (int socket = 3; socket < 1024; ++socket) {
    sockaddr_in near{};
    sockaddr_in far{};
    socklen_t near_size = sizeof near;
    socklen_t far_size = sizeof far;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&near), &near_size) == 0 &&
        ::getpeername(socket, reinterpret_cast<sockaddr*>(&far), &far_size) == 0 &&
        ntohs(near.sin_port) == server_port && ntohs(far.sin_port) == client_port) {
      return socket;
    }
  }
  return -1;
}

/// The socket that listens on that port, or -1.
int listening_end(std::uint16_t port) {
  for (int socket = 3; socket < 1024; ++socket) {
    sockaddr_in near{};
    socklen_t size = sizeof near;
    int listens = 0;
    socklen_t listens_size = sizeof listens;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&near), &size) == 0 &&
        ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) == 0 &&
        listens == 1 && ntohs(near.sin_port) == port) {
      return socket;
    }
  }
  return -1;
}

/// Where handlers wait until they are let go, and count how many are in.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++inside_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
  }

  /// Whether so many came to be inside within `patience`.
  bool wait_for(int count, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return inside_ >= count; });
  }

  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  int most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;  // guarded by mutex_, as the others
  int inside_ = 0;
  int most_ = 0;
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("port 0 gives a free port and the address says which") {
    Named one("one");
    Named two("two");
    const auto first = one.server.bind(any_port());
    const auto second = two.server.bind(any_port());
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(first->host == "127.0.0.1");
    CHECK(first->port != 0);
    CHECK(first->port != second->port);
    one.server.start();
    two.server.start();
    CHECK(RawConnection(*first).ask(kAsk).ends_with("{\"name\":\"one\"}\n"));
    CHECK(RawConnection(*second).ask(kAsk).ends_with("{\"name\":\"two\"}\n"));
  }

  TEST_CASE("a port that is taken is an error and stays with its owner") {
    Named owner("owner");
    const rl::Address address = owner.server.bind(any_port()).value();
    Named late("late");
    const auto refuse = [&] {
      const auto taken = late.server.bind(address);
      REQUIRE_FALSE(taken.has_value());
      CHECK(taken.error().message ==
            "cannot listen on " + address.to_string() + ": Address already in use");
      CHECK(taken.error().hint == "another program has this port; port 0 picks a free one");
    };
    refuse();  // while it is only bound
    owner.server.start();
    refuse();
    for (int i = 0; i < 20; ++i) {  // a shared port would lose some
      CHECK(RawConnection(address).ask(kAsk).ends_with("{\"name\":\"owner\"}\n"));
    }
  }

  TEST_CASE("a host that is not ours is an error with the reason of the system") {
    Named named("named");
    const auto foreign = named.server.bind({"192.0.2.1", 0});
    REQUIRE_FALSE(foreign.has_value());
    CHECK(foreign.error().message ==
          "cannot listen on 192.0.2.1:0: Cannot assign requested address");
    CHECK(foreign.error().hint.empty());
  }

  TEST_CASE("a host that does not exist is an error that says so") {
    const std::string host(64, 'x');  // no label of a name is that long: nobody needs to be asked
    for (const rl::Address& address : {rl::Address{host, 0}, rl::Address{host, 8080}}) {
      Named named("named");
      const auto unknown = named.server.bind(address);
      REQUIRE_FALSE(unknown.has_value());
      CHECK(unknown.error().message ==
            "cannot listen on " + address.to_string() + ": no such host");
      CHECK(unknown.error().hint.empty());
    }
  }

  TEST_CASE("a server can be bound after a refusal") {
    Named named("named");
    REQUIRE_FALSE(named.server.bind({"192.0.2.1", 0}).has_value());
    const auto address = named.server.bind(any_port());
    REQUIRE(address.has_value());
    named.server.start();
    CHECK(RawConnection(*address).ask(kAsk).starts_with("HTTP/1.1 200 "));
  }

  TEST_CASE("a port is free again when its server has ended") {
    rl::Address address;
    {
      Named started("started");
      address = started.server.bind(any_port()).value();
      started.server.start();
      RawConnection connection(address);
      CHECK(connection.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .starts_with("HTTP/1.1 200 "));
      CHECK(connection.ends());  // who closes first holds the port for a minute
    }
    CHECK_FALSE(RawConnection(address).connected());
    {
      Named only_bound("bound");
      REQUIRE(only_bound.server.bind(address).has_value());
    }
    CHECK_FALSE(RawConnection(address).connected());
    Named next("next");
    CHECK(next.server.bind(address).has_value());
  }

  TEST_CASE("a stop ends the server and can be repeated") {
    Named named("named");
    named.server.stop();  // never started
    const rl::Address address = named.server.bind(any_port()).value();
    named.server.start();
    CHECK(RawConnection(address).ask(kAsk).starts_with("HTTP/1.1 200 "));
    named.server.stop();
    CHECK_FALSE(RawConnection(address).connected());
    named.server.stop();
  }

  TEST_CASE("a request that is being answered is finished by a stop") {
    Gate gate;
    rl::Log log{rl::LogLevel::kError};
    rl::http::Server server({.name = "slow", .threads = 1}, log);
    server.get("/", [&](const auto&, auto& response) {
      gate.pass();
      rl::http::answer_json(response, 200, {{"name", "slow"}});
    });
    const rl::Address address = server.bind(any_port()).value();
    server.start();
    RawConnection connection(address);
    REQUIRE(connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    REQUIRE(gate.wait_for(1, 3s));
    auto stopped = std::async(std::launch::async, [&] { server.stop(); });
    gate.open();
    CHECK(connection.read_reply().ends_with("{\"name\":\"slow\"}\n"));
    CHECK(stopped.wait_for(4s) == std::future_status::ready);
  }

  TEST_CASE("a stop does not wait for a peer that is idle or half way through a request") {
    Named named("named");
    const rl::Address address = named.server.bind(any_port()).value();
    named.server.start();
    RawConnection idle(address);
    REQUIRE(idle.ask(kAsk).starts_with("HTTP/1.1 200 "));
    RawConnection half(address);
    REQUIRE(half.send("GET / HTTP/1.1\r\nHost: "));
    auto stopped = std::async(std::launch::async, [&] { named.server.stop(); });
    CHECK(stopped.wait_for(3s) == std::future_status::ready);
  }

  TEST_CASE("a listener that ends by itself says so and one that is stopped does not") {
    rl::Log log{rl::LogLevel::kError};
    for (const bool by_itself : {true, false}) {
      CAPTURE(by_itself);
      std::promise<void> failed;
      rl::http::Server server(
          {.name = "failing", .threads = 1, .on_failure = [&] { failed.set_value(); }}, log);
      const rl::Address address = server.bind(any_port()).value();
      server.start();
      auto told = failed.get_future();
      if (by_itself) {
        REQUIRE(::shutdown(listening_end(address.port), SHUT_RDWR) == 0);
        CHECK(told.wait_for(3s) == std::future_status::ready);
      }
      server.stop();
      CHECK((told.wait_for(0s) == std::future_status::ready) == by_itself);
    }
  }

  TEST_CASE("one connection carries many requests") {
    Named named("named");
    const rl::Address address = named.server.bind(any_port()).value();
    named.server.start();
    RawConnection connection(address);
    for (int i = 0; i < 250; ++i) {
      const std::string reply = connection.ask(kAsk);
      REQUIRE(reply.starts_with("HTTP/1.1 200 "));
      REQUIRE(reply.find("Connection: close") == std::string::npos);
      REQUIRE(reply.find("\r\nKeep-Alive: timeout=60, max=1000000\r\n") != std::string::npos);
    }
  }

  TEST_CASE("a refusal does not cost the connection") {
    House house;
    house.health.set({.state = rl::HealthState::kDegraded});
    RawConnection connection(house.data_address);
    const std::string with_key =
        "GET /test HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n\r\n";
    for (const std::string status : {"200", "200", "429", "429", "429", "429", "429", "429"}) {
      const std::string reply = connection.ask(with_key);
      CHECK(reply.starts_with("HTTP/1.1 " + status + " "));
      CHECK(reply.find("Connection: close") == std::string::npos);
    }
    for (const std::string path : {"/test", "/nowhere", "/v1/check?cost=x", "/test"}) {
      const std::string reply = connection.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 4"));
      CHECK(reply.find("Connection: close") == std::string::npos);
    }
    CHECK(connection.ask("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 "));
  }

  TEST_CASE("connections queue from the moment a server is bound") {
    Named named("named");
    const rl::Address address = named.server.bind(any_port()).value();
    std::deque<RawConnection> queued;
    for (int i = 0; i < 120; ++i) {
      queued.emplace_back(address);
      REQUIRE(queued.back().connected());
    }
    while (queued.size() > 1) {
      queued.pop_back();
    }
    named.server.start();
    CHECK(queued.front().ask(kAsk).starts_with("HTTP/1.1 200 "));
  }

  TEST_CASE("small packets are sent without delay") {
    Named named("named");
    const rl::Address address = named.server.bind(any_port()).value();
    named.server.start();
    RawConnection connection(address);
    REQUIRE(connection.ask(kAsk).starts_with("HTTP/1.1 200 "));
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    const int socket = server_end(address.port, connection.port());
    REQUIRE(::getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
    CHECK(no_delay == 1);
  }

  TEST_CASE("no more requests are answered at a time than there are threads") {
    Gate gate;
    rl::Log log{rl::LogLevel::kError};
    rl::http::Server server({.name = "bounded", .threads = 2}, log);
    server.get("/", [&](const auto&, auto& response) {
      gate.pass();
      response.status = 204;
    });
    const rl::Address address = server.bind(any_port()).value();
    server.start();
    std::deque<RawConnection> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back(address);
      REQUIRE(clients.back().send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    }
    CHECK(gate.wait_for(2, 3s));
    CHECK_FALSE(gate.wait_for(3, 200ms));
    gate.open();
    for (RawConnection& client : clients) {
      CHECK(client.read_reply().starts_with("HTTP/1.1 204 "));
    }
    CHECK(gate.most() == 2);
  }
}
