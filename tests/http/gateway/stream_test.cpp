// Bodies as streams: of any size, in constant memory, and at once.
#include <doctest/doctest.h>

#include <fstream>

#include "rl/http/gateway/gateway.h"
#include "tests/http/gateway/gateway_house.h"
#include "tests/support/command.h"

using namespace std::chrono_literals;
using rl::test::eventually;
using rl::test::GatewayHouse;
using rl::test::ok;
using rl::test::proxied;
using rl::test::RawConnection;
using rl::test::TestUpstream;
using rl::test::UpstreamPeer;

namespace {

/// What memory may grow by. A sanitizer keeps what was freed for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kRoom = std::size_t{2048} << 20U;
#else
constexpr std::size_t kRoom = std::size_t{32} << 20U;
#endif

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr std::size_t kBody = 64 * kMiB;

/// The resident memory of this process, in bytes.
std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a large body goes up in constant memory") {
    std::atomic<std::size_t> received{0};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      while (received < kBody) {
        const std::size_t size = peer.read(std::min(kMiB, kBody - received)).size();
        if (size == 0) {
          return false;
        }
        received += size;
      }
      return peer.send(ok("thanks"));
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address, 20s);
    const std::string piece(kMiB, 'x');
    const std::size_t before = resident();
    REQUIRE(
        client.send(proxied("PUT /proxy/a", "Content-Length: " + std::to_string(kBody) + "\r\n")));
    for (std::size_t sent = 0; sent < kBody; sent += kMiB) {
      REQUIRE(client.send(piece));
    }
    CHECK(client.read_reply().ends_with("thanks"));
    CHECK(received == kBody);
    CHECK(resident() < before + kRoom);
    CHECK(client.ask(proxied("PUT /proxy/a")).starts_with("HTTP/1.1 200 "));
  }

  TEST_CASE("a large response goes down in constant memory however slow the client is") {
    const std::string piece(kMiB, 'x');
    std::atomic<std::size_t> sent{0};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n");
      while (sent < kBody && peer.send(piece)) {
        sent += kMiB;
      }
      return true;
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address, 20s);
    const std::size_t before = resident();
    REQUIRE(client.send(proxied("GET /proxy/a")));
    REQUIRE(client.read_head().starts_with("HTTP/1.1 200 "));
    client.pause(300ms);  // in which nothing is read
    CHECK(sent < kBody);  // so the upstream has to wait
    std::size_t got = 0;
    for (std::size_t count = 1; count > 0 && got < kBody; got += count) {
      count = client.read_some();
    }
    CHECK(got == kBody);
    CHECK(resident() < before + kRoom);
  }

  TEST_CASE("an event is passed on before the response ends") {
    std::atomic<bool> seen{false};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      peer.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
      while (!seen) {
        ::poll(nullptr, 0, 1);
      }
      return peer.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("GET /proxy/events")));
    REQUIRE(client.read_head().starts_with("HTTP/1.1 200 "));
    CHECK(client.read(14) == "9\r\ndata: 1\n\n\r\n");
    seen = true;
    CHECK(client.read(14) == "9\r\ndata: 2\n\n\r\n");
    CHECK(client.read(5) == "0\r\n\r\n");
  }

  TEST_CASE("pieces of a body reach the upstream before the body is whole") {
    std::atomic<bool> begun{false};
    std::atomic<bool> seen{false};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      begun = peer.read(10) == "5\r\nhello\r\n";
      seen = peer.read(4) == "5\r\nw";
      return peer.read_chunks().empty() || peer.send(ok("hi"));
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(
        client.send(proxied("PUT /proxy/a", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n")));
    CHECK(eventually([&] { return begun.load(); }));
    REQUIRE(client.send("5\r\nworld\r\n"));
    CHECK(eventually([&] { return seen.load(); }));
  }

  TEST_CASE("a response that comes before the body is whole is passed on and ends the connection") {
    TestUpstream upstream([](const std::string&, UpstreamPeer& peer) {
      peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
      return false;
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    const std::string reply =
        client.ask(proxied("PUT /proxy/a", "Content-Length: 1000000\r\n", "begin"));
    CHECK(reply.starts_with("HTTP/1.1 413 "));
    CHECK(rl::test::has_line(reply, "Connection: close"));
    CHECK(reply.ends_with("no"));
    CHECK(client.ends());
  }
}
