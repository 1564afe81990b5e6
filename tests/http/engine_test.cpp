#include "rl/http/engine.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <utility>

#include "rl/base/manual_clock.h"
#include "tests/support/raw_connection.h"

using namespace std::chrono_literals;
using rl::http::Engine;
using rl::http::Exchange;
using rl::test::RawConnection;

namespace {

constexpr char kAsk[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

std::string reply_to(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// An engine that answers each request with its target and body, on a clock that a test turns.
struct Running {
  explicit Running(const Engine::Options& options = {})
      : engine(
            options, [this](const Exchange& exchange) { return answer(exchange); }, clock, log) {
    address = engine.bind({"127.0.0.1", 0}).value();
    engine.start();
  }
  ~Running() { engine.stop(); }

  rl::http::Served answer(const Exchange& exchange) {
    ++requests;
    const bool large = exchange.head.target == "/large";
    const std::string body =
        large ? std::string(kLarge, 'x') : exchange.head.target + exchange.body;
    return rl::http::written(exchange.sink.write(reply_to(body)));
  }

  static constexpr std::size_t kLarge = 900'000;

  rl::ManualClock clock;
  rl::Log log{rl::LogLevel::kError};
  std::atomic<int> requests{0};
  Engine engine;
  rl::Address address;
};

/// An engine that answers requests for /wait when it is told to.
struct HeldUp {
  explicit HeldUp(const Engine::Options& options)
      : engine(
            options,
            [this](const Exchange& exchange) {
              if (exchange.head.target == "/wait") {
                told.wait();
              }
              return rl::http::written(exchange.sink.write(reply_to(exchange.head.target)));
            },
            clock, log) {
    address = engine.bind({"127.0.0.1", 0}).value();
    engine.start();
  }
  ~HeldUp() {
    release();
    engine.stop();
  }

  void release() {
    if (!std::exchange(released, true)) {
      go_on.set_value();
    }
  }

  rl::ManualClock clock;
  rl::Log log{rl::LogLevel::kError};
  bool released = false;
  std::promise<void> go_on;
  const std::shared_future<void> told = go_on.get_future().share();
  Engine engine;
  rl::Address address;
};

Engine::Options with_threads(std::size_t threads) {
  Engine::Options options;
  options.name = "test";
  options.threads = threads;
  return options;
}

/// Looks again and again until it holds, for at most some seconds.
template <class Holds>
bool becomes_true(const rl::test::RawConnection& waiting, Holds holds) {
  for (int i = 0; i < 300; ++i) {
    if (holds()) {
      return true;
    }
    waiting.pause(10ms);
  }
  return false;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("pipelined requests are answered in order") {
    Running running(with_threads(4));
    RawConnection connection(running.address);
    std::string all;
    for (int i = 0; i < 500; ++i) {
      all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n.";
    }
    REQUIRE(connection.send(all));
    for (int i = 0; i < 500; ++i) {
      REQUIRE(connection.read_reply() == reply_to("/" + std::to_string(i) + "."));
    }
  }

  TEST_CASE("a refused request is answered after those before it and ends the connection") {
    Running running;
    RawConnection connection(running.address);
    REQUIRE(connection.send(std::string(kAsk) + "GET / HTTP/1.1\r\n\r\n" + kAsk));
    CHECK(connection.read_reply() == reply_to("/a"));
    CHECK(connection.read_reply().starts_with("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"));
    CHECK(connection.ends());
    CHECK(running.requests == 1);
  }

  TEST_CASE("a body that nobody reads does not take the refusal from its sender") {
    Running running;
    RawConnection connection(running.address);
    REQUIRE(connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n"));
    for (int i = 0; i < 5; ++i) {
      connection.pause(20ms);  // it has been refused by now
      CHECK(connection.send(std::string(100'000, 'x')));
    }
    CHECK(connection.read_reply().starts_with("HTTP/1.1 413 "));
    CHECK(connection.ends());
  }

  TEST_CASE("100 is sent for a good head alone") {
    Running running;
    const std::string asks = "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n";
    RawConnection good(running.address);
    REQUIRE(good.send(asks + "Content-Length: 2\r\n\r\n"));
    CHECK(good.read_head() == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(good.ask("hi") == reply_to("/ahi"));
    CHECK(good.ask(asks + "Content-Length: 2\r\n\r\nhi") == reply_to("/ahi"));
    RawConnection bad(running.address);
    CHECK(bad.ask(asks + "Content-Length: 99999\r\n\r\n").starts_with("HTTP/1.1 413 "));
    CHECK(bad.ends());
  }

  TEST_CASE("a head has its time from its first byte on however slowly it comes") {
    Running running;
    RawConnection slow(running.address);
    REQUIRE(slow.ask(kAsk) == reply_to("/a"));
    running.clock.advance(50s);  // idle, which may take longer
    REQUIRE(slow.send("GET / HTTP/1.1\r\n"));
    CHECK(slow.is_quiet());
    running.clock.advance(3s);
    REQUIRE(slow.send("Host: x\r\n"));
    slow.pause(50ms);
    running.clock.advance(2s);
    CHECK(slow.read_reply().starts_with("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"));
    CHECK(slow.ends());
  }

  TEST_CASE("a body has its time and more for what has come") {
    Running running;
    RawConnection slow(running.address);
    REQUIRE(slow.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"));
    slow.pause(50ms);
    REQUIRE(slow.send(std::string(10'240, 'x')));
    slow.pause(50ms);
    running.clock.advance(19s);
    CHECK(slow.is_quiet());
    running.clock.advance(2s);
    CHECK(slow.read_reply().starts_with("HTTP/1.1 408 "));
  }

  TEST_CASE("an idle connection ends without a word") {
    Running running;
    RawConnection used(running.address);
    RawConnection unused(running.address);
    REQUIRE(used.ask(kAsk) == reply_to("/a"));
    running.clock.advance(59s);
    CHECK(used.ask(kAsk) == reply_to("/a"));
    running.clock.advance(2s);
    CHECK(unused.ends());
    CHECK(used.ask(kAsk) == reply_to("/a"));
    running.clock.advance(61s);
    CHECK(used.ends());
    CHECK(becomes_true(used, [&] {
      running.clock.advance(1s);  // a peer that does not close is waited for that long
      return running.engine.stats().open == 0;
    }));
  }

  TEST_CASE("slow readers hold no thread") {
    Running running(with_threads(1));
    std::deque<RawConnection> slow;
    for (int i = 0; i < 8; ++i) {
      slow.emplace_back(running.address);
      REQUIRE(slow.back().send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(kAsk)));
    }
    RawConnection other(running.address);
    for (int i = 0; i < 20; ++i) {
      CHECK(other.ask(kAsk) == reply_to("/a"));
    }
    for (RawConnection& connection : slow) {
      CHECK(connection.read_reply() == reply_to(std::string(Running::kLarge, 'x')));
      CHECK(connection.read_reply() == reply_to("/a"));
    }
  }

  TEST_CASE("threads that are held up do not keep the others from answering") {
    constexpr std::size_t kThreads = 4;
    Engine::Options options = with_threads(kThreads);
    options.takers = 1;
    HeldUp held(options);
    std::deque<RawConnection> waiting;
    for (std::size_t i = 1; i < kThreads; ++i) {
      waiting.emplace_back(held.address);
      REQUIRE(waiting.back().send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    std::deque<RawConnection> others;
    for (int i = 0; i < 64; ++i) {
      others.emplace_back(held.address);
      REQUIRE(others.back().ask(kAsk) == reply_to("/a"));
    }
    for (RawConnection& other : others) {
      REQUIRE(other.ask(kAsk) == reply_to("/a"));
    }
    held.release();
    for (RawConnection& connection : waiting) {
      CHECK(connection.read_reply() == reply_to("/wait"));
      CHECK(connection.ask(kAsk) == reply_to("/a"));
    }
  }

  TEST_CASE("there are no more connections than allowed in all and for each peer") {
    Engine::Options options = with_threads(1);
    for (const bool by_peer : {true, false}) {
      CAPTURE(by_peer);
      options.bounds = {.connections = by_peer ? 100U : 3U, .per_peer = by_peer ? 3U : 100U};
      Running running(options);
      std::deque<RawConnection> connections;
      for (int i = 0; i < 3; ++i) {
        connections.emplace_back(running.address);
        CHECK(connections.back().ask(kAsk) == reply_to("/a"));
      }
      RawConnection refused(running.address);
      CHECK(refused.read_reply().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
      CHECK(refused.ends());
      CHECK(connections.front().ask(kAsk) == reply_to("/a"));
      const auto stats = running.engine.stats();
      CHECK(stats.refused_peer == (by_peer ? 1 : 0));
      CHECK(stats.refused_full == (by_peer ? 0 : 1));
      CHECK(stats.open == 3);
      connections.pop_back();
      REQUIRE(becomes_true(refused, [&] { return running.engine.stats().open == 2; }));
      CHECK(RawConnection(running.address).ask(kAsk) == reply_to("/a"));
    }
  }

  TEST_CASE("a stop answers all that has come in whole") {
    Running running(with_threads(1));
    RawConnection connection(running.address);
    REQUIRE(connection.ask(kAsk) == reply_to("/a"));
    std::string all;
    for (int i = 0; i < 300; ++i) {
      all += kAsk;
    }
    REQUIRE(connection.send(all + "GET /half HTTP/1.1\r\nHo"));
    auto stopped = std::async(std::launch::async, [&] { running.engine.stop(); });
    for (int i = 0; i < 300; ++i) {
      REQUIRE(connection.read_reply() == reply_to("/a"));
    }
    CHECK(connection.ends());
    CHECK(stopped.wait_for(5s) == std::future_status::ready);
    CHECK(running.requests == 301);
  }

  TEST_CASE("a stop waits no longer than its bound for who takes no response") {
    Engine::Options options = with_threads(2);
    options.drain = 100ms;
    Running running(options);
    RawConnection slow(running.address);
    std::string all;
    for (int i = 0; i < 20; ++i) {
      all += "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    REQUIRE(slow.send(all));
    REQUIRE(becomes_true(slow, [&] { return running.requests > 0; }));
    auto stopped = std::async(std::launch::async, [&] { running.engine.stop(); });
    CHECK(stopped.wait_for(5s) == std::future_status::ready);
  }

#ifndef __SANITIZE_ADDRESS__  // whose checks need descriptors themselves
  TEST_CASE("without a free descriptor connections wait and the listener lives") {
    rl::ManualClock clock;
    const rl::Log log{rl::LogLevel::kError};
    std::atomic<bool> failed{false};
    Engine::Options options = with_threads(1);
    options.on_failure = [&] { failed = true; };
    Engine engine(
        options,
        [](const Exchange& exchange) {
          return rl::http::written(exchange.sink.write(reply_to("")));
        },
        clock, log);
    const rl::Address address = engine.bind({"127.0.0.1", 0}).value();
    RawConnection connection(address);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 4;  // taken; poll() takes no more entries than that
    ::setrlimit(RLIMIT_NOFILE, &none);
    engine.start();
    const bool noticed = becomes_true(connection, [&] { return engine.stats().accept_errors > 0; });
    connection.pause(300ms);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(noticed);
    CHECK(engine.stats().accept_errors < 10);  // it does not spin
    CHECK(connection.ask(kAsk) == reply_to(""));
    CHECK_FALSE(failed);
  }
#endif
}
