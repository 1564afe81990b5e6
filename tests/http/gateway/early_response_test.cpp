// What becomes of a response that an upstream begins before it has the whole request.
#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>

#include "rl/http/gateway/gateway.h"
#include "tests/http/gateway/gateway_house.h"
#include "tests/support/command.h"

using namespace std::chrono_literals;
using rl::test::GatewayHouse;
using rl::test::has_line;
using rl::test::proxied;
using rl::test::RawConnection;
using rl::test::TestUpstream;
using rl::test::UpstreamPeer;

namespace {

constexpr std::size_t kLargeBody = std::size_t{10} << 20U;

/// What an upstream does after it has answered a head alone.
struct EarlyAnswer {
  const char* what;
  const char* status;
  const char* framing;  ///< of its body, "early"
  bool reads_on;        ///< instead of closing at once, with bytes unread
  bool ends_request;    ///< says that it wants no more of it
};

constexpr EarlyAnswer kEarlyAnswers[] = {
    {"refuses and closes", "413 Content Too Large", "Content-Length: 5\r\n\r\nearly", false, true},
    {"refuses and reads on", "413 Content Too Large", "Content-Length: 5\r\n\r\nearly", true, true},
    {"refuses in chunks and closes", "401 Unauthorized",
     "Transfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n0\r\n\r\n", false, true},
    {"refuses up to its end", "413 Content Too Large", "Connection: close\r\n\r\nearly", false,
     true},
    {"redirects and closes", "303 See Other", "Content-Length: 5\r\n\r\nearly", false, true},
    {"answers, says that it closes, and closes", "200 OK",
     "Connection: close\r\nContent-Length: 5\r\n\r\nearly", false, true},
    {"answers up to its end", "200 OK", "Connection: close\r\n\r\nearly", false, true},
    {"answers in chunks, says that it closes, and closes", "200 OK",
     "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n0\r\n\r\n", false, true},
    {"answers and closes", "200 OK", "Content-Length: 5\r\n\r\nearly", false, false},
    {"answers in chunks and closes", "200 OK",
     "Transfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n0\r\n\r\n", false, false},
    {"answers and reads on", "200 OK", "Content-Length: 5\r\n\r\nearly", true, false},
};

/// All that comes back for a request, sent in whole before any answer is looked at, as most clients
/// do.
std::string reply_to(GatewayHouse& house, const std::string& request) {
  RawConnection client(house.address);
  CHECK(client.send(request));
  return client.read_to_end();
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a response that begins before the body is whole reaches the client whole") {
    const std::string request =
        proxied("PUT /proxy/a", "Content-Length: " + std::to_string(kLargeBody) + "\r\n",
                std::string(kLargeBody, 'x'));
    for (const EarlyAnswer& early : kEarlyAnswers) {
      CAPTURE(early.what);
      TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
        peer.send("HTTP/1.1 " + std::string(early.status) + "\r\n" + early.framing);
        if (early.reads_on) {
          peer.read(kLargeBody);
        }
        return false;
      });
      GatewayHouse house({upstream.url()});
      const std::string reply = reply_to(house, request);
      CHECK(reply.starts_with("HTTP/1.1 " + std::string(early.status) + "\r\n"));
      CHECK(has_line(reply, "Connection: close"));
      CHECK(
          (reply.ends_with("\r\n\r\nearly") || reply.ends_with("\r\n\r\n5\r\nearly\r\n0\r\n\r\n")));
      CHECK(house.gateway->metrics().errors(rl::UpstreamError::kCut) == 0);
      CHECK(house.gateway->metrics().errors(rl::UpstreamError::kClosed) == 0);
    }
  }

  TEST_CASE("who gets its response before its body is whole is not kept waiting for that") {
    const std::string begun = proxied("PUT /proxy/a", "Content-Length: 1000000\r\n", "begin");
    for (const EarlyAnswer& early : kEarlyAnswers) {
      for (const bool in_pieces : {false, true}) {
        if (!early.ends_request) {
          continue;
        }
        CAPTURE(early.what);
        CAPTURE(in_pieces);
        TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
          const std::string framing = early.framing;
          const std::size_t end_of_head = framing.find("\r\n\r\n") + 4;
          peer.send("HTTP/1.1 " + std::string(early.status) + "\r\n" +
                    framing.substr(0, end_of_head));
          if (in_pieces) {
            ::poll(nullptr, 0, 250);
          }
          peer.send(framing.substr(end_of_head));
          return false;
        });
        GatewayHouse house({upstream.url()});
        RawConnection client(house.address);
        REQUIRE(client.send(begun));
        const std::string head = client.read_head();
        CHECK(head.starts_with("HTTP/1.1 " + std::string(early.status) + "\r\n"));
        const std::string body =
            has_line(head, "Transfer-Encoding: chunked") ? "5\r\nearly\r\n0\r\n\r\n" : "early";
        CHECK(client.read(body.size()) == body);
        CHECK(client.ends());
        CHECK(house.gateway->in_flight() == 0);
      }
    }
  }

  TEST_CASE("an upstream that answers first and reads the body then gets it") {
    std::atomic<bool> whole{false};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
      whole = peer.read(10) == "beginning!";
      return false;
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("PUT /proxy/a", "Content-Length: 10\r\n", "begin")));
    CHECK(client.read_reply().ends_with("early"));
    client.pause(400ms);  // longer than it takes to see whether the body is wanted
    REQUIRE(client.send("ning!"));
    CHECK(client.ends());
    CHECK(rl::test::eventually([&] { return whole.load(); }));
  }
}
