// The gateway as users meet it: the real rlserver in front of an upstream.
#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/raw_connection.h"
#include "tests/support/rlserver.h"
#include "tests/support/upstream.h"

using namespace std::chrono_literals;
using rl::test::ask;
using rl::test::eventually;
using rl::test::header;
using rl::test::ok;
using rl::test::RawConnection;
using rl::test::RlServer;
using rl::test::TestUpstream;
using rl::test::UpstreamPeer;

namespace {

/// Answers with the body of the request.
bool tell_body(const std::string& head, UpstreamPeer& peer) {
  const std::size_t length = head.find("\r\nContent-Length: ");
  return peer.send(ok(length == std::string::npos
                          ? ""
                          : peer.read(std::strtoul(head.c_str() + length + 18, nullptr, 10))));
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("E1: rlserver --upstream limits /proxy/ and passes it on") {
    TestUpstream upstream(tell_body);
    const RlServer server({.flags = {"--upstream", upstream.url()}});
    for (int i = 0; i < 22; ++i) {
      const auto reply = ask(server.data(), {.method = "POST",
                                             .target = "/proxy/v1/x?y=z",
                                             .headers = {{"X-API-Key", "rlk_demo_free"}},
                                             .body = "hello"});
      REQUIRE(reply.status == (i < 20 ? 200 : 429));
      CHECK(header(reply, "X-RateLimit-Remaining") == std::to_string(std::max(0, 19 - i)));
      CHECK((i >= 20 || reply.body == "hello"));
    }
    CHECK(upstream.heads().size() == 20);
    CHECK(upstream.heads().at(0).starts_with("POST /v1/x?y=z HTTP/1.1\r\n"));
    CHECK(server.get("/test", "rlk_demo_pro").status == 200);
  }

  TEST_CASE("E5: /metrics tells latency and errors of the upstream") {
    TestUpstream upstream(tell_body);
    const RlServer server({.flags = {"--upstream", upstream.url()}});
    REQUIRE(server.get("/proxy/a", "rlk_demo_pro").status == 200);
    const auto text = server.ask_admin({.target = "/metrics"}).body;
    CHECK(text.find("rl_upstream_duration_seconds_count 1\n") != std::string::npos);
    CHECK(text.find("rl_upstream_errors_total{kind=\"connect\"} 0\n") != std::string::npos);
  }

  TEST_CASE("E8: the trace of a proxied request is in the log at debug") {
    TestUpstream upstream(tell_body);
    const RlServer server({.flags = {"--upstream", upstream.url(), "--log-level", "debug"}});
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    REQUIRE(ask(server.data(), {.target = "/proxy/a?secret=1",
                                .headers = {{"X-API-Key", "rlk_demo_pro"},
                                            {"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}}})
                .status == 200);
    CHECK(eventually([&] { return server.log().find(id) != std::string::npos; }));
    CHECK(server.log().find("secret") == std::string::npos);
    CHECK(server.log().find("rlk_demo_pro") == std::string::npos);
  }

  TEST_CASE("without an upstream there is no gateway") {
    const RlServer server;
    CHECK(server.get("/proxy/a", "rlk_demo_pro").status == 404);
  }

  TEST_CASE("only a trusted proxy tells /v1/check the route") {
    const RlServer server({.flags = {"--trusted-proxies", "10.0.0.0/8"}});
    const auto reply = ask(server.data(), {.target = "/v1/check",
                                           .headers = {{"X-API-Key", "rlk_demo_pro"},
                                                       {"X-Forwarded-Method", "not a method"},
                                                       {"X-Forwarded-Uri", "/x"}}});
    CHECK(reply.status == 200);  // not looked at: as one of this machine's it would be 400
  }

  TEST_CASE("at SIGTERM a proxied request still gets its response") {
    std::atomic<bool> hold{true};
    TestUpstream upstream([&](const std::string&, UpstreamPeer& peer) {
      while (hold) {
        ::poll(nullptr, 0, 5);
      }
      return peer.send(ok("late"));
    });
    RlServer server({.flags = {"--upstream", upstream.url()}});
    RawConnection client(server.data());
    REQUIRE(client.send("GET /proxy/a HTTP/1.1\r\nHost: x\r\nX-API-Key: rlk_demo_pro\r\n\r\n"));
    REQUIRE(eventually([&] { return upstream.heads().size() == 1; }));
    server.signal(SIGTERM);
    client.pause(100ms);
    hold = false;
    CHECK(client.read_reply().ends_with("late"));
    CHECK(server.wait() == 0);
  }
}
