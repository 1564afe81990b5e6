// What becomes of requests when the upstream, or the client, does not do its part.
#include <doctest/doctest.h>

#include <deque>

#include "rl/http/gateway/gateway.h"
#include "tests/http/gateway/gateway_house.h"
#include "tests/support/command.h"

using namespace std::chrono_literals;
using rl::UpstreamError;
using rl::test::eventually;
using rl::test::GatewayHouse;
using rl::test::has_line;
using rl::test::ok;
using rl::test::proxied;
using rl::test::RawConnection;
using rl::test::TestUpstream;
using rl::test::UpstreamPeer;

namespace {

/// An address where nobody listens, and nobody can as long as this is there.
class Nobody {
 public:
  Nobody() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&name), size) == 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;
  ~Nobody() { ::close(socket_); }

  const std::string& url() const { return url_; }

 private:
  int socket_;
  std::string url_;
};

/// The problem that a request gets from a gateway in front of that upstream.
std::string problem_with(const std::string& url, UpstreamError error,
                         rl::http::Gateway::Options options = {}) {
  GatewayHouse house({url}, std::move(options));
  RawConnection client(house.address);
  const std::string reply = client.ask(proxied("GET /proxy/a"));
  CHECK(has_line(reply, "Content-Type: application/problem+json"));
  CHECK(has_line(reply, "X-RateLimit-Limit: 1000000"));
  CHECK(house.gateway->metrics().errors(error) == 1);
  CHECK(client.ask("GET /test HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n\r\n")
            .starts_with("HTTP/1.1 200 "));  // on the same connection
  return reply.substr(0, 12);
}

/// How the gateway takes that as an upstream's response.
std::string problem_with_response(const std::string& response) {
  TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
    peer.send(response);
    return false;
  });
  return problem_with(upstream.url(), UpstreamError::kFraming);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("an upstream that is not there is 502, one that does not answer is 504") {
    CHECK(problem_with(Nobody().url(), UpstreamError::kConnect) == "HTTP/1.1 502");
    TestUpstream closes([](const std::string&, UpstreamPeer&) { return false; });
    CHECK(problem_with(closes.url(), UpstreamError::kClosed) == "HTTP/1.1 502");
    TestUpstream silent(
        [](const std::string&, UpstreamPeer& peer) { return !peer.is_closed_by_peer(); });
    CHECK(problem_with(silent.url(), UpstreamError::kFirstByteTimeout,
                       {.upstreams = {}, .patience = {.first_byte = 50ms}}) == "HTTP/1.1 504");
    CHECK(problem_with(silent.url(), UpstreamError::kTotalTimeout,
                       {.upstreams = {}, .patience = {.total = 50ms}}) == "HTTP/1.1 504");
  }

  TEST_CASE("a response that could be understood in two ways is 502") {
    const std::string ok_line = "HTTP/1.1 200 OK\r\n";
    for (const std::string& response :
         {std::string("garbage\r\n\r\n"), std::string("HTTP/1.1 20 OK\r\n\r\n"),
          ok_line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
          ok_line + "Content-Length: -1\r\n\r\n", ok_line + "Content-Length: 2x\r\n\r\nab",
          ok_line + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          ok_line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          std::string("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          ok_line + "A: b\r\n c\r\n\r\n", ok_line + "A : b\r\n\r\n", ok_line + "A: b\r\n",
          std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")}) {
      CAPTURE(response);
      CHECK(problem_with_response(response) == "HTTP/1.1 502");
    }
  }

  TEST_CASE("a response that the upstream does not end is not ended for the client either") {
    for (const std::string head : {"Content-Length: 1000", "Transfer-Encoding: chunked"}) {
      CAPTURE(head);
      TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
        peer.send("HTTP/1.1 200 OK\r\n" + head + "\r\n\r\n5\r\nhello\r\n");
        return false;
      });
      GatewayHouse house({upstream.url()});
      RawConnection client(house.address);
      REQUIRE(client.send(proxied("GET /proxy/a")));
      CHECK(client.read_head().starts_with("HTTP/1.1 200 "));
      const std::string rest = client.read_to_end();
      CHECK(rest.starts_with("5\r\nhello\r\n"));
      CHECK(rest.find("0\r\n\r\n") == std::string::npos);
      CHECK(house.gateway->metrics().errors(UpstreamError::kCut) == 1);
      CHECK(eventually([&] { return house.gateway->in_flight() == 0; }));
    }
  }

  TEST_CASE("chunks of the upstream that are framed wrongly are not ended for the client") {
    for (const std::string rest :
         {"zz\r\n", "5 \r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
          "2\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "-1\r\nhello\r\n0\r\n\r\n",
          "ffffffffffffffff1\r\nhello\r\n0\r\n\r\n", "0\r\nX : y\r\n\r\n"}) {
      CAPTURE(rest);
      TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n" + rest);
        return false;
      });
      GatewayHouse house({upstream.url()});
      RawConnection client(house.address);
      REQUIRE(client.send(proxied("GET /proxy/a")));
      CHECK(client.read_head().starts_with("HTTP/1.1 200 "));
      CHECK(client.read_to_end().find("0\r\n\r\n") == std::string::npos);
    }
  }

  TEST_CASE("a client that goes away ends the request to the upstream") {
    for (const std::string begin : {"", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello"}) {
      CAPTURE(begin);
      std::atomic<int> asked{0};
      std::atomic<int> ended{0};
      TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
        peer.send(begin);
        ++asked;
        ended += peer.is_closed_by_peer() ? 1 : 0;
        return false;
      });
      GatewayHouse house({upstream.url()});
      {
        RawConnection client(house.address);
        REQUIRE(client.send(proxied("GET /proxy/a")));
        REQUIRE(eventually([&] { return asked == 1; }));
      }
      CHECK(eventually([&] { return ended == 1; }));
      CHECK(eventually([&] { return house.recorded("GET", 499) == 1; }));
      CHECK(eventually([&] { return house.gateway->in_flight() == 0; }));
    }
  }

  TEST_CASE("a slow upstream takes nothing from who does not ask it, and when it is full: 503") {
    std::atomic<bool> hold{true};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      while (hold) {
        std::this_thread::yield();
        ::poll(nullptr, 0, 5);
      }
      return peer.send(ok("hi"));
    });
    GatewayHouse house({upstream.url()}, {.upstreams = {}, .most_in_flight = 30});
    std::deque<RawConnection> waiting;
    for (int i = 0; i < 30; ++i) {  // the listener has 4 threads
      REQUIRE(waiting.emplace_back(house.address).send(proxied("GET /proxy/a")));
    }
    REQUIRE(eventually([&] { return house.gateway->in_flight() == 30; }));
    RawConnection other(house.address);
    for (int i = 0; i < 20; ++i) {
      CHECK(other.ask("GET /v1/check HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_free\r\n\r\n")
                .starts_with("HTTP/1.1 200 "));
    }
    const std::string full = other.ask(proxied("GET /proxy/a"));
    CHECK(full.starts_with("HTTP/1.1 503 "));
    CHECK(full.find("#temporary-reduced-capacity") != std::string::npos);
    CHECK(has_line(full, "Retry-After: 1"));
    CHECK(house.gateway->metrics().errors(UpstreamError::kPoolFull) == 1);
    hold = false;
    for (RawConnection& client : waiting) {
      CHECK(client.read_reply().starts_with("HTTP/1.1 200 "));
    }
    CHECK(other.ask(proxied("GET /proxy/a")).starts_with("HTTP/1.1 200 "));
  }

  TEST_CASE("an address that cannot be connected to is passed over, then left out") {
    TestUpstream upstream([](const std::string&, UpstreamPeer& peer) {
      return peer.read(2) == "hi" && peer.send(ok("hi"));
    });
    const Nobody nobody;
    GatewayHouse house({nobody.url(), upstream.url()});
    RawConnection client(house.address);
    for (int i = 0; i < 10; ++i) {
      CHECK(client.ask(proxied("POST /proxy/a", "Content-Length: 2\r\n", "hi"))
                .starts_with("HTTP/1.1 200 "));
    }
    CHECK_FALSE(house.gateway->upstreams().is_in(0));
    CHECK(house.gateway->upstreams().is_in(1));
    CHECK(house.gateway->metrics().errors(UpstreamError::kConnect) == 0);
  }

  TEST_CASE("a request is sent again only on a dead connection and when that does no harm") {
    // The first request of each connection is answered; the second ends it without an answer.
    TestUpstream upstream([](const std::string& head, UpstreamPeer& peer) {
      if (head.starts_with("GET /first ")) {
        return peer.send(ok("hi"));
      }
      return false;
    });
    GatewayHouse house({upstream.url()}, {.upstreams = {}, .threads = 1});
    RawConnection client(house.address);
    const auto times = [&](const std::string& method) {
      const std::size_t before = upstream.heads().size();
      REQUIRE(client.ask(proxied("GET /proxy/first")).starts_with("HTTP/1.1 200 "));
      CHECK(client.ask(proxied(method + " /proxy/a")).starts_with("HTTP/1.1 502 "));
      return upstream.heads().size() - before - 1;
    };
    CHECK(times("GET") == 2);
    CHECK(house.gateway->metrics().retries() == 1);
    CHECK(times("POST") == 1);
    CHECK(times("PUT") == 2);
    CHECK(times("PATCH") == 1);
    CHECK(house.gateway->metrics().retries() == 2);
    for (int i = 0; i < 8; ++i) {  // libcurl gives up after five of one handle
      CHECK(times("GET") == 2);
    }
  }

  TEST_CASE("a stopping listener lets a proxied request end") {
    std::atomic<bool> hold{true};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      while (hold) {
        ::poll(nullptr, 0, 5);
      }
      return peer.send(ok("hi"));
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("GET /proxy/a")));
    REQUIRE(eventually([&] { return upstream.heads().size() == 1; }));
    std::thread stopping([&] { house.server->stop(); });
    while (!RawConnection(house.address, 1s).ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").empty()) {
    }
    hold = false;
    const std::string reply = client.read_reply();
    CHECK(reply.starts_with("HTTP/1.1 200 "));
    CHECK(has_line(reply, "Connection: close"));
    stopping.join();
  }
}
