#include "rl/http/streamed.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "rl/base/manual_clock.h"
#include "rl/http/engine.h"
#include "tests/support/raw_connection.h"

using namespace std::chrono_literals;
using rl::http::Admitted;
using rl::http::Arrival;
using rl::http::ClientStream;
using rl::http::Engine;
using rl::http::Exchange;
using rl::test::RawConnection;

namespace {

std::string reply_to(const std::string& body, const std::string& fields = {}) {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// Answers what is below /s, one request after the other on a thread of its own, with the target
/// and the body, and refuses /s/no with 429.
class Echo final : public rl::http::StreamedHandler {
 public:
  bool takes(const rl::http::RequestHead& head) const override {
    return head.target.starts_with("/s");
  }

  void decide(const Arrival& arrival) override {
    if (!decide_later) {
      return tell(arrival);
    }
    const std::lock_guard lock(mutex_);
    deciding_.emplace_back([this, arrival] {
      do {
        ::poll(nullptr, 0, 2);
      } while (hold_verdict);
      tell(arrival);
    });
  }

  void begin(std::shared_ptr<Admitted> /*admitted*/, ClientStream& client) override {
    const std::lock_guard lock(mutex_);
    lent_.push_back(&client);
    wake_.notify_one();
  }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  std::atomic<bool> hold_back{false};     ///< answers nothing as long as it is set
  std::atomic<bool> decide_later{false};  ///< by another thread
  std::atomic<bool> hold_verdict{false};  ///< which does not as long as it is set

 private:
  static void tell(const Arrival& arrival) {
    if (arrival.head.target != "/s/no") {
      return arrival.verdict.admit(std::make_shared<Admitted>());
    }
    arrival.verdict.reject("HTTP/1.1 429 No\r\n" +
                           std::string(arrival.last ? "Connection: close\r\n" : "") +
                           "Content-Length: 0\r\n\r\n");
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || !lent_.empty(); });
      if (lent_.empty()) {
        return;
      }
      ClientStream& client = *lent_.front();
      lent_.pop_front();
      lock.unlock();
      answer(client);
      lock.lock();
    }
  }

  void answer(ClientStream& client) const {
    while (hold_back) {
      ::poll(nullptr, 0, 1);
    }
    std::string body;
    char piece[1000];
    for (;;) {
      const auto [come, size] = client.read_body(piece, sizeof piece);
      if (come == ClientStream::Come::kSome) {
        body.append(piece, size);
      } else if (come == ClientStream::Come::kNothing) {
        pollfd readable{.fd = client.socket(), .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, -1);
      } else if (come == ClientStream::Come::kEnd) {
        break;
      } else {
        return client.give_back(ClientStream::End::kCut);
      }
    }
    const bool last = client.begin_response();
    client.hold(reply_to(client.head().target + body, last ? "Connection: close\r\n" : ""));
    static_cast<void>(client.send());
    client.give_back(ClientStream::End::kWhole);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<ClientStream*> lent_;      // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_
  std::vector<std::jthread> deciding_;  // guarded by mutex_
  std::thread thread_{[this] { run(); }};
};

Engine::Options options_with(Echo& echo) {
  Engine::Options options;
  options.name = "test";
  options.threads = 4;
  options.streamed = &echo;
  return options;
}

/// An engine with the echo below /s; everything else it answers itself, with the target.
struct Running {
  Running() {
    address = engine.bind({"127.0.0.1", 0}).value();
    engine.start();
  }
  ~Running() { engine.stop(); }

  rl::ManualClock clock;
  rl::Log log{rl::LogLevel::kError};
  Echo echo;
  Engine engine{options_with(echo),
                [](const Exchange& exchange) {
                  return rl::http::written(exchange.sink.write(reply_to(exchange.head.target)));
                },
                clock, log};
  rl::Address address;
};

std::string ask(const std::string& target, const std::string& fields = {}) {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a streamed body may be as long as it wants to be") {
    Running running;
    RawConnection connection(running.address);
    const std::string body(1'000'000, 'x');
    REQUIRE(connection.send(ask("/s", "Content-Length: 1000000\r\n")));
    REQUIRE(connection.send(body));
    CHECK(connection.read_reply() == reply_to("/s" + body));
    std::string chunks;
    for (int i = 0; i < 1000; ++i) {
      chunks += "3e8;x=y\r\n" + body.substr(0, 1000) + "\r\n";
    }
    REQUIRE(connection.send(ask("/s", "Transfer-Encoding: chunked\r\n") + chunks + "0\r\n\r\n"));
    CHECK(connection.read_reply() == reply_to("/s" + body));
    CHECK(connection.ask(ask("/a")) == reply_to("/a"));
  }

  TEST_CASE("streamed requests and others are answered in the order in which they came") {
    for (const bool later : {false, true}) {
      CAPTURE(later);
      Running running;
      running.echo.decide_later = later;
      RawConnection connection(running.address);
      std::string all;
      for (int i = 0; i < 200; ++i) {
        all += ask("/" + std::to_string(i));
        all += ask("/s/" + std::to_string(i), "Content-Length: 2\r\n") + "ab";
        all += ask("/s/no", "Content-Length: 2\r\n") + "ab";
        all += ask("/s/c" + std::to_string(i), "Transfer-Encoding: chunked\r\n") +
               "2\r\nab\r\n0\r\n\r\n";
      }
      REQUIRE(connection.send(all));
      for (int i = 0; i < 200; ++i) {
        REQUIRE(connection.read_reply() == reply_to("/" + std::to_string(i)));
        REQUIRE(connection.read_reply() == reply_to("/s/" + std::to_string(i) + "ab"));
        REQUIRE(connection.read_reply() == "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n");
        REQUIRE(connection.read_reply() == reply_to("/s/c" + std::to_string(i) + "ab"));
      }
    }
  }

  TEST_CASE("100 is sent for a streamed request when it was admitted and no sooner") {
    Running running;
    running.echo.decide_later = true;
    RawConnection good(running.address);
    REQUIRE(good.send(ask("/s", "Expect: 100-continue\r\nContent-Length: 2\r\n")));
    CHECK(good.read_head() == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(good.ask("hi") == reply_to("/shi"));
    RawConnection refused(running.address);
    CHECK(refused.ask(ask("/s/no", "Expect: 100-continue\r\nContent-Length: 2\r\n")) ==
          "HTTP/1.1 429 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    CHECK(refused.ends());
  }

  TEST_CASE("the body of a refused request is read as far as it is short") {
    Running running;
    SUBCASE("refused at once") {}
    SUBCASE("refused later") {
      running.echo.decide_later = true;
    }
    RawConnection connection(running.address);
    CHECK(connection.ask(ask("/s/no", "Content-Length: 65536\r\n")) ==
          "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(connection.send(std::string(65536, 'x')));
    CHECK(connection.ask(ask("/a")) == reply_to("/a"));
    REQUIRE(connection.send(ask("/s/no", "Content-Length: 65537\r\n")));
    CHECK(connection.read_reply() ==
          "HTTP/1.1 429 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    CHECK(connection.ends());
    RawConnection chunked(running.address);
    REQUIRE(chunked.send(ask("/s/no", "Transfer-Encoding: chunked\r\n")));
    CHECK(chunked.read_reply() ==
          "HTTP/1.1 429 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }

  TEST_CASE("a streamed body that is framed wrongly ends the connection") {
    Running running;
    RawConnection connection(running.address);
    REQUIRE(connection.send(ask("/s", "Transfer-Encoding: chunked\r\n") + "2\r\nab\r\nzz\r\n"));
    CHECK(connection.ends());
    RawConnection both(running.address);
    const auto reply = both.ask(ask("/s", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n") +
                                "2\r\nab\r\n0\r\n\r\n");
    CHECK(reply.starts_with("HTTP/1.1 400 "));
  }

  TEST_CASE("a request that is streamed costs the other ones no thread") {
    Running running;
    running.echo.hold_back = true;
    std::deque<RawConnection> waiting;
    for (int i = 0; i < 32; ++i) {
      REQUIRE(waiting.emplace_back(running.address).send(ask("/s")));
    }
    RawConnection other(running.address);
    CHECK(other.ask(ask("/a")) == reply_to("/a"));
    running.echo.hold_back = false;
    for (RawConnection& connection : waiting) {
      CHECK(connection.read_reply() == reply_to("/s"));
    }
  }

  TEST_CASE("a stopping engine lets a streamed request end and its body come") {
    Running running;
    running.echo.hold_back = true;
    RawConnection connection(running.address);
    REQUIRE(connection.send(ask("/s", "Content-Length: 4\r\n") + "ab"));
    connection.pause(100ms);  // until it is lent
    std::thread stopping([&] { running.engine.stop(); });
    connection.pause(100ms);
    running.echo.hold_back = false;
    REQUIRE(connection.send("cd"));
    CHECK(connection.read_reply() == reply_to("/sabcd", "Connection: close\r\n"));
    CHECK(connection.ends());
    stopping.join();
  }

  TEST_CASE("a stopping engine lets a verdict come, and a body behind it") {
    Running running;
    running.echo.decide_later = true;
    running.echo.hold_verdict = true;
    RawConnection admitted(running.address);
    REQUIRE(admitted.send(ask("/s", "Content-Length: 4\r\n") + "ab"));
    RawConnection rejected(running.address);
    REQUIRE(rejected.send(ask("/s/no", "Content-Length: 4\r\n") + "ab"));
    admitted.pause(100ms);  // until both are waited for
    std::thread stopping([&] { running.engine.stop(); });
    admitted.pause(100ms);
    running.echo.hold_verdict = false;
    CHECK(rejected.read_reply().starts_with("HTTP/1.1 429 "));
    CHECK(rejected.ends());  // its body is not waited for
    REQUIRE(admitted.send("cd"));
    CHECK(admitted.read_reply() == reply_to("/sabcd", "Connection: close\r\n"));
    CHECK(admitted.ends());
    stopping.join();
  }
}
