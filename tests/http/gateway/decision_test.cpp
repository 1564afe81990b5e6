// Requests to the gateway whose decision comes later, as with a store that other processes share.
#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "rl/store/waiting_store.h"
#include "tests/http/gateway/gateway_house.h"

using namespace std::chrono_literals;
using rl::test::ok;
using rl::test::proxied;
using rl::test::RawConnection;
using rl::test::TestUpstream;
using rl::test::UpstreamPeer;

namespace {

/// Decides when it is told to.
class HeldStore final : public rl::WaitingStore {
 public:
  explicit HeldStore(rl::Store& behind) : behind_(behind) {}

  void decide_later(std::span<const rl::Charge> charges, rl::Mode mode,
                    std::span<rl::Decision> decisions, Decided done) override {
    const std::lock_guard lock(mutex_);
    held_.emplace_back([this, charges, mode, decisions, done = std::move(done)] {
      done(behind_.decide(charges, mode, decisions));
    });
    came_.notify_all();
  }

  /// Whether that many wait, now or soon.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, 3s, [&] { return held_.size() >= count; });
  }

  void release_all() {
    std::deque<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (auto& decide : held) {
      decide();
      released_.push_back(std::move(decide));
    }
  }

  rl::StoreStats stats() const override { return behind_.stats(); }
  std::string_view kind() const override { return behind_.kind(); }

 private:
  rl::Store& behind_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> held_;      // guarded by mutex_
  std::deque<std::function<void()>> released_;  ///< kept: their end frees nothing
};

constexpr char kTwelve[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 12
)";

/// The gateway on a listener of one thread, which answers /now as well.
struct HeldHouse {
  explicit HeldHouse(const std::string& upstream, std::size_t most_in_flight = 1024)
      : gateway({.upstreams = {rl::http::parse_upstream_url(upstream).value()},
                 .most_in_flight = most_in_flight},
                {.middleware = middleware, .http = metrics, .log = house.log}) {
    server.plain("GET", "/now", [](const auto&, const auto& answer) {
      answer({.status = 200, .fields = {}, .content_type = "text/plain", .body = "now"});
    });
    server.start();
  }
  ~HeldHouse() { server.stop(); }

  rl::test::House house{rl::test::policy_of(kTwelve)};
  HeldStore store{house.store};
  rl::Admission admission{{.policies = house.policies,
                           .health = house.health.word(),
                           .store = store,
                           .clock = house.clock,
                           .counters = house.counters}};
  rl::http::Middleware middleware{house.identity, admission, house.counters};
  rl::HttpMetrics metrics{house.clock};
  rl::http::Gateway gateway;
  rl::http::Server server{{.name = "held", .threads = 1, .streamed = &gateway}, house.log};
  const rl::Address address = server.bind({"127.0.0.1", 0}).value();
};

bool answer_ok(const std::string& /*head*/, UpstreamPeer& peer) {
  return peer.send(ok("hi"));
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("requests to the gateway that wait for their decision cost no thread") {
    TestUpstream upstream(answer_ok);
    HeldHouse house(upstream.url());
    std::deque<RawConnection> waiting;
    for (int i = 0; i < 20; ++i) {
      REQUIRE(waiting.emplace_back(house.address).send(proxied("GET /proxy/a")));
    }
    REQUIRE(house.store.wait_for(20));
    RawConnection other(house.address);
    CHECK(other.ask("GET /now HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("now"));
    CHECK(upstream.heads().empty());
    house.store.release_all();
    int admitted = 0;
    int denied = 0;
    for (RawConnection& connection : waiting) {
      const std::string reply = connection.read_reply();
      admitted += reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("hi") ? 1 : 0;
      denied += reply.starts_with("HTTP/1.1 429 ") ? 1 : 0;
      CHECK(connection.ask("GET /now HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("now"));
    }
    CHECK(admitted == 12);
    CHECK(denied == 8);
    CHECK(upstream.heads().size() == 12);
  }

  TEST_CASE("a body that comes while the decision is waited for reaches the upstream whole") {
    const std::string body(300'000, 'x');
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      return peer.send(ok(peer.read(body.size()) == body ? "whole" : "cut"));
    });
    HeldHouse house(upstream.url());
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("PUT /proxy/a", "Content-Length: 300000\r\n", body)));
    REQUIRE(house.store.wait_for(1));
    house.store.release_all();
    CHECK(client.read_reply().ends_with("whole"));
  }

  TEST_CASE("a request has its place in the gateway from before its decision until its end") {
    TestUpstream upstream(answer_ok);
    HeldHouse house(upstream.url(), 1);
    RawConnection first(house.address);
    RawConnection second(house.address);
    for (int i = 0; i < 14; ++i) {  // of which the last two are denied
      CAPTURE(i);
      REQUIRE(first.send(proxied("GET /proxy/a")));
      REQUIRE(house.store.wait_for(1));
      CHECK(second.ask(proxied("GET /proxy/a")).starts_with("HTTP/1.1 503 "));
      house.store.release_all();
      CHECK(first.read_reply().starts_with(i < 12 ? "HTTP/1.1 200 " : "HTTP/1.1 429 "));
    }
  }

  TEST_CASE("who has left before the decision of its request harms nobody") {
    TestUpstream upstream(answer_ok);
    HeldHouse house(upstream.url());
    {
      RawConnection gone(house.address);
      REQUIRE(gone.send(proxied("GET /proxy/a")));
      REQUIRE(house.store.wait_for(1));
    }
    house.store.release_all();
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("GET /proxy/a")));
    REQUIRE(house.store.wait_for(1));
    house.store.release_all();
    CHECK(client.read_reply().ends_with("hi"));
  }

  TEST_CASE("a server that stops still answers what waits for its decision") {
    TestUpstream upstream(answer_ok);
    HeldHouse house(upstream.url());
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("GET /proxy/a")));
    REQUIRE(house.store.wait_for(1));
    std::jthread stopping([&] { house.server.stop(); });
    while (
        RawConnection(house.address).ask("GET /now HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("now")) {
    }
    house.store.release_all();
    CHECK(client.read_to_end().ends_with("hi"));
  }
}
