#include "rl/http/gateway/gateway.h"

#include <doctest/doctest.h>

#include "rl/http/metrics_api.h"
#include "tests/http/gateway/gateway_house.h"
#include "tests/support/command.h"

using namespace std::chrono_literals;
using rl::test::GatewayHouse;
using rl::test::has_line;
using rl::test::ok;
using rl::test::proxied;
using rl::test::RawConnection;
using rl::test::TestUpstream;
using rl::test::UpstreamPeer;

namespace {

/// Answers with the body of the request, however that came.
bool echo(const std::string& head, UpstreamPeer& peer) {
  const std::size_t length = head.find("\r\nContent-Length: ");
  std::string body;
  if (length != std::string::npos) {
    body = peer.read(std::strtoul(head.c_str() + length + 18, nullptr, 10));
  } else if (has_line(head, "Transfer-Encoding: chunked")) {
    body = peer.read_chunks();
  }
  return peer.send(ok(body));
}

std::string body_of(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  return end == std::string::npos ? "" : reply.substr(end + 4);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("E1: /proxy/{path} passes on method, path, query, fields, body and status") {
    TestUpstream upstream([](const std::string&, UpstreamPeer& peer) {
      return peer.send(
          "HTTP/1.1 207 Odd Status\r\nX-Own: a, b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
          "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nhi");
    });
    GatewayHouse house({upstream.url() + "/base/"});
    RawConnection client(house.address);
    const std::string reply =
        client.ask(proxied("DELETE /proxy/a//b/./%2e/c%2Fd;e?x=1&y=%20&&z", "X-Mine: 1\r\n"));
    CHECK(reply.starts_with("HTTP/1.1 207 Odd Status\r\n"));
    CHECK(has_line(reply, "X-Own: a, b"));
    CHECK(has_line(reply, "Set-Cookie: a=1"));
    CHECK(has_line(reply, "Set-Cookie: b=2"));
    CHECK(has_line(reply, "Via: 1.1 rlserver"));
    CHECK(has_line(reply, "X-RateLimit-Limit: 1000000"));
    CHECK(reply.find("X-Hop") == std::string::npos);
    CHECK(reply.find("Keep-Alive") == std::string::npos);
    CHECK(body_of(reply) == "hi");
    const std::string head = upstream.heads().at(0);
    CHECK(head.starts_with("DELETE /base/a//b/./%2e/c%2Fd;e?x=1&y=%20&&z HTTP/1.1\r\n"));
    CHECK(has_line(head, "Host: 127.0.0.1:" + std::to_string(upstream.port())));
    CHECK(has_line(head, "X-Mine: 1"));
    CHECK(has_line(head, "X-Forwarded-For: 127.0.0.1"));
    CHECK(has_line(head, "X-Forwarded-Host: gate.example"));
    CHECK(has_line(head, "X-RateLimit-Tier: free"));
    CHECK(head.find("rlk_demo") == std::string::npos);
    CHECK(head.find("\r\nAccept:") == std::string::npos);
    CHECK(house.recorded("DELETE", 207) == 1);
  }

  TEST_CASE("E1: bodies go through as they came over connections that are kept open") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()}, {.upstreams = {}, .threads = 1});
    RawConnection client(house.address);
    for (int i = 0; i < 20; ++i) {
      REQUIRE(body_of(client.ask(proxied("PUT /proxy/a", "Content-Length: 5\r\n", "hello"))) ==
              "hello");
      REQUIRE(body_of(client.ask(proxied("POST /proxy/a", "Transfer-Encoding: chunked\r\n",
                                         "2;x\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n"))) ==
              "hello");
      REQUIRE(client.ask(proxied("HEAD /proxy/a")).starts_with("HTTP/1.1 200 "));
      REQUIRE(body_of(client.ask(proxied("GET /proxy/a"))).empty());
      REQUIRE(body_of(client.ask(proxied("GET /proxy/a", "Content-Length: 2\r\n", "hi"))) == "hi");
      REQUIRE(body_of(client.ask(proxied("DELETE /proxy/a"))).empty());
    }
    CHECK(upstream.heads().size() == 120);
    const std::vector<std::string> methods = {"PUT", "POST", "HEAD", "GET", "GET", "DELETE"};
    for (std::size_t i = 0; i < upstream.heads().size(); ++i) {
      CHECK(upstream.heads()[i].starts_with(methods[i % methods.size()] + " /a HTTP/1.1\r\n"));
      CHECK(has_line(upstream.heads()[i], "Content-Length: 2") == (i % methods.size() == 4));
    }
    CHECK(upstream.connections() == 1);
    CHECK(has_line(upstream.heads().at(1), "Transfer-Encoding: chunked"));
    CHECK(upstream.heads().at(1).find("Content-Length") == std::string::npos);
  }

  TEST_CASE("an empty body is told to the upstream where one is expected") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    CHECK(client.ask(proxied("POST /proxy/a")).starts_with("HTTP/1.1 200 "));
    CHECK(client.ask(proxied("OPTIONS /proxy/a")).starts_with("HTTP/1.1 200 "));
    CHECK(has_line(upstream.heads().at(0), "Content-Length: 0"));
    CHECK(upstream.heads().at(1).find("Content-Length") == std::string::npos);
  }

  TEST_CASE("the answer to HEAD tells its length and has no body") {
    TestUpstream upstream([](const std::string&, UpstreamPeer& peer) {
      return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    for (int i = 0; i < 2; ++i) {
      REQUIRE(client.send(proxied("HEAD /proxy/a")));
      const std::string head = client.read_head();
      CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(has_line(head, "Content-Length: 1000"));
    }
  }

  TEST_CASE("interim responses and trailers of an upstream are dropped") {
    TestUpstream upstream([](const std::string&, UpstreamPeer& peer) {
      return peer.send(
          "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
          "2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n");
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(client.send(proxied("GET /proxy/a")));
    const std::string head = client.read_head();
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has_line(head, "Transfer-Encoding: chunked"));
    CHECK(head.find("Trailer") == std::string::npos);
    CHECK(client.read_head() == "2\r\nhi\r\n0\r\n\r\n");
  }

  TEST_CASE("a client of HTTP/1.0 gets a body of unknown length until the end") {
    TestUpstream upstream([](const std::string&, UpstreamPeer& peer) {
      return peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(
        client.send("GET /proxy/a HTTP/1.0\r\nX-API-Key: rlk_demo_free\r\n"
                    "Connection: keep-alive\r\n\r\n"));
    const std::string head = client.read_head();
    CHECK(has_line(head, "Connection: close"));
    CHECK(head.find("chunked") == std::string::npos);
    CHECK(client.read_to_end() == "hi");
    CHECK(has_line(upstream.heads().at(0), "Via: 1.0 rlserver"));
  }

  TEST_CASE("who is not let in never reaches the upstream") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    const std::string no_key = "GET /proxy/a HTTP/1.1\r\nHost: x\r\n\r\n";
    CHECK(client.ask(no_key).starts_with("HTTP/1.1 401 "));
    const std::string small =
        "POST /proxy/a HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_small\r\n"
        "Content-Length: 2\r\n\r\nhi";
    CHECK(client.ask(small).starts_with("HTTP/1.1 200 "));
    CHECK(client.ask(small).starts_with("HTTP/1.1 200 "));
    for (int i = 0; i < 3; ++i) {
      const std::string reply = client.ask(small);
      CHECK(reply.starts_with("HTTP/1.1 429 "));
      CHECK(reply.find("\r\nRetry-After: ") != std::string::npos);
      CHECK(has_line(reply, "X-RateLimit-Remaining: 0"));
    }
    CHECK(upstream.heads().size() == 2);
    CHECK(house.recorded("GET", 401) == 1);
    CHECK(house.recorded("POST", 429) == 3);
  }

  TEST_CASE("Expect is answered after admission alone") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()});
    RawConnection good(house.address);
    REQUIRE(good.send(proxied("PUT /proxy/a", "Expect: 100-continue\r\nContent-Length: 2\r\n")));
    CHECK(good.read_head() == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(body_of(good.ask("hi")) == "hi");
    CHECK(upstream.heads().at(0).find("Expect") == std::string::npos);
    RawConnection bad(house.address);
    REQUIRE(
        bad.send("PUT /proxy/a HTTP/1.1\r\nHost: x\r\nX-API-Key: none\r\n"
                 "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    const std::string reply = bad.read_reply();
    CHECK(reply.starts_with("HTTP/1.1 401 "));
    CHECK(has_line(reply, "Connection: close"));
    CHECK(bad.ends());
  }

  TEST_CASE("an upgrade and a path that leads out are refused before the upstream") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url() + "/base"});
    RawConnection client(house.address);
    CHECK(client.ask(proxied("GET /proxy/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
              .starts_with("HTTP/1.1 501 "));
    CHECK(client.ask(proxied("GET /proxy/../admin")).starts_with("HTTP/1.1 400 "));
    CHECK(client.ask(proxied("GET /proxy/a/%2e%2E/..%2fadmin")).starts_with("HTTP/1.1 400 "));
    REQUIRE(client.send(proxied("HEAD /proxy/a", "Content-Length: 1\r\n", "x")));
    CHECK(client.read_head().starts_with("HTTP/1.1 400 "));
    CHECK(upstream.heads().empty());
  }

  TEST_CASE("smuggled requests are refused before the upstream hears of them") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()});
    const std::string inner = "GET /proxy/inner HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string attempts[] = {
        proxied("POST /proxy/a", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n" + inner),
        proxied("POST /proxy/a", "Content-Length: 4\r\nContent-Length: 5\r\n", inner),
        proxied("POST /proxy/a", "Content-Length: +4\r\n", inner),
        proxied("POST /proxy/a", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + inner),
        proxied("POST /proxy/a", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + inner),
        proxied("POST /proxy/a", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n" + inner),
        proxied("POST /proxy/a", "X: a\r\n Content-Length: 4\r\n", inner),
        proxied("POST /proxy/a", "X: a\nContent-Length: 4\r\n", inner),
        proxied("GET /proxy/a\rb"),
        proxied("GET http://other/proxy/a"),
    };
    for (const std::string& attempt : attempts) {
      CAPTURE(attempt);
      RawConnection client(house.address);
      const std::string reply = client.ask(attempt);
      CHECK((reply.starts_with("HTTP/1.1 400 ") || reply.starts_with("HTTP/1.1 501 ")));
      CHECK(client.ends());
    }
    CHECK(upstream.heads().empty());
  }

  TEST_CASE("a chunk that lies ends the upstream's request without its end") {
    std::atomic<bool> whole{true};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      peer.read_chunks();
      whole = peer.whole();
      return false;
    });
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    const std::string reply = client.ask(proxied("POST /proxy/a", "Transfer-Encoding: chunked\r\n",
                                                 "2\r\nabGET / HTTP/1.1\r\n\r\n"));
    CHECK(reply.starts_with("HTTP/1.1 400 "));
    CHECK(client.ends());
    CHECK(rl::test::eventually([&] { return !whole; }));
  }

  TEST_CASE("E8: a trace goes on through the gateway") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const std::string valid = "traceparent: 00-" + id + "-00f067aa0ba902b7-01\r\n";
    CHECK(client.ask(proxied("GET /proxy/a", valid)).starts_with("HTTP/1.1 200 "));
    CHECK(client.ask(proxied("GET /proxy/a", "traceparent: 00-0-0-01\r\n"))
              .starts_with("HTTP/1.1 200 "));
    CHECK(upstream.heads().at(0).find("\r\ntraceparent: 00-" + id + "-") != std::string::npos);
    CHECK(upstream.heads().at(0).find("00f067aa0ba902b7") == std::string::npos);
    CHECK(upstream.heads().at(1).find("\r\ntraceparent: 00-") != std::string::npos);
  }

  TEST_CASE("the gateway is told in the metrics") {
    TestUpstream upstream(echo);
    GatewayHouse house({upstream.url()});
    RawConnection client(house.address);
    REQUIRE(client.ask(proxied("GET /proxy/a")).starts_with("HTTP/1.1 200 "));
    const rl::http::MetricsApi api({.policies = house.house.policies,
                                    .tiers_file = house.house.tiers_file,
                                    .health = house.house.health.word(),
                                    .store = house.house.store,
                                    .counters = house.house.counters,
                                    .http = house.http_metrics,
                                    .gateway = house.gateway.get()},
                                   "0");
    const std::string text = api.text();
    CHECK(text.find("rl_upstream_duration_seconds_count 1\n") != std::string::npos);
    CHECK(text.find("rl_upstream_errors_total{kind=\"connect\"} 0\n") != std::string::npos);
    CHECK(text.find("rl_upstream_up{upstream=\"" + upstream.url() + "\"} 1\n") !=
          std::string::npos);
    CHECK(text.find("{route=\"/proxy/{path}\",method=\"GET\",code=\"200\"} 1\n") !=
          std::string::npos);
  }
}
