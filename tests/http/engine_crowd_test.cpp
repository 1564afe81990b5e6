#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <deque>

#include "rl/base/manual_clock.h"
#include "rl/http/engine.h"
#include "tests/support/raw_connection.h"

using rl::http::Engine;
using rl::http::Exchange;
using rl::test::RawConnection;

namespace {

constexpr char kAskInCrowd[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr char kReply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// As many connections as wanted, or as the limit on descriptors allows, as both ends are here.
std::size_t crowd_of(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t possible = (std::max<std::size_t>(limit.rlim_cur, 600) - 500) / 2;
  if (possible < wanted) {
    MESSAGE("only " << possible << " connections: ulimit -n allows no more");
  }
  return std::min(wanted, possible);
}

/// An engine of one thread.
struct Crowded {
  Crowded() { engine.start(); }

  bool answers() { return active.ask(kAskInCrowd) == kReply; }

  rl::ManualClock clock;
  rl::Log log{rl::LogLevel::kError};
  Engine engine{
      {.name = "test", .threads = 1, .limits = {}, .patience = {}, .bounds = {}, .on_failure = {}},
      [](const Exchange& exchange) { return rl::http::written(exchange.sink.write(kReply)); },
      clock,
      log};
  rl::Address address = engine.bind({"127.0.0.1", 0}).value();
  RawConnection active{address};
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("two thousand clients that send a byte a second hold up nobody") {
    const std::size_t count = crowd_of(2000);
    Crowded crowded;
    std::deque<RawConnection> slow;
    for (std::size_t i = 0; i < count; ++i) {
      slow.emplace_back(crowded.address);
      REQUIRE(slow.back().connected());
    }
    for (int second = 0; second < 4; ++second) {
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(slow[i].send({kAskInCrowd + second, 1}));
        if (i % 50 == 0) {
          REQUIRE(crowded.answers());
        }
      }
      CHECK(crowded.engine.stats().open == count + 1);
      crowded.clock.advance(std::chrono::seconds{1});
    }
    crowded.clock.advance(std::chrono::seconds{5});
    for (RawConnection& connection : slow) {
      REQUIRE(connection.read_reply().starts_with("HTTP/1.1 408 "));
    }
    CHECK(crowded.answers());
  }

  TEST_CASE("ten thousand idle connections are kept by one thread") {
    const std::size_t count = crowd_of(10'000);
    Crowded crowded;
    std::deque<RawConnection> idle;
    for (std::size_t i = 0; i < count; ++i) {
      idle.emplace_back(crowded.address);
      REQUIRE(idle.back().ask(kAskInCrowd) == kReply);
    }
    CHECK(crowded.engine.stats().open >= count);
    CHECK(crowded.answers());
    for (RawConnection& connection : idle) {
      REQUIRE(connection.ask(kAskInCrowd) == kReply);
    }
  }
}
