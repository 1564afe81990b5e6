#include "rl/http/gateway/upstream_request.h"

#include <doctest/doctest.h>

#include <memory>

#include "rl/http/framing.h"

using rl::http::Ends;
using rl::http::Framer;
using rl::http::TrustedProxies;
using rl::http::UpstreamRequest;

namespace {

struct Asked {
  std::string fields;  ///< each with its line end
  std::string peer = "203.0.113.9";
  bool pass_api_key = false;
  std::string version = "1.1";
};

/// What an upstream is asked, and the request that it is good as long as.
struct Made {
  Framer framer{rl::http::FramingLimits{}};
  UpstreamRequest request;
};

/// What an upstream is asked for GET /proxy/a with these fields.
std::unique_ptr<Made> made_of(const Asked& asked) {
  auto made = std::make_unique<Made>();
  Framer& framer = made->framer;
  framer.feed("GET /proxy/a?b HTTP/" + asked.version + "\r\nHost: gate\r\n" + asked.fields +
              "\r\n");
  REQUIRE(framer.state() == Framer::State::kWhole);
  rl::SeededRandom random(1);
  const Ends ends{.peer_ip = asked.peer, .peer_port = 1, .local_ip = "", .local_port = 2};
  made->request = rl::http::make_upstream_request(framer.head(), ends,
                                                  {.trusted = TrustedProxies(),
                                                   .user_id = 7,
                                                   .tier = "pro",
                                                   .random = random,
                                                   .pass_api_key = asked.pass_api_key});
  return made;
}

/// The values of a field, separated by " | "; "absent" without one.
std::string field_of(const UpstreamRequest& request, std::string_view name) {
  std::string values;
  for (const auto& [known, value] : request.fields) {
    if (rl::http::same_word(known, name)) {
      values += (values.empty() ? "" : " | ") + value;
    }
  }
  return values.empty() ? "absent" : values;
}

std::string field_of(const Asked& asked, std::string_view name) {
  return field_of(made_of(asked)->request, name);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("what concerns one connection alone is not passed on") {
    const auto made = made_of(
        {.fields = "Connection: keep-alive, X-Mine\r\nConnection: ,x-other ,\r\nX-Mine: 1\r\n"
                   "X-Other: 2\r\nX-Third: 3\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n"
                   "Proxy-Authorization: x\r\nProxy_Foo: x\r\nTE: trailers\r\nTrailer: X\r\n"
                   "Expect: 100-continue\r\nCookie: a=b\r\n"});
    const UpstreamRequest& request = made->request;
    for (const char* const name : {"Connection", "X-Mine", "X-Other", "Keep-Alive",
                                   "Proxy-Connection", "Proxy-Authorization", "Proxy_Foo", "TE",
                                   "Trailer", "Expect", "Host", "Content-Length"}) {
      CAPTURE(name);
      CHECK(field_of(request, name) == "absent");
    }
    CHECK(field_of(request, "X-Third") == "3");
    CHECK(field_of(request, "Cookie") == "a=b");
    CHECK(request.method == "GET");
    CHECK(request.path == "/a?b");
  }

  TEST_CASE("a client cannot say that it is somebody else") {
    const std::string lies =
        "X-Forwarded-For: 1.1.1.1\r\nX_Forwarded_For: 2.2.2.2\r\nForwarded: for=3.3.3.3\r\n"
        "X-Real-IP: 4.4.4.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
        "X-Forwarded-Port: 1\r\nX-Original-URI: /x\r\nX-RateLimit-User: 1\r\n"
        "x_ratelimit_user: 1\r\nX-RateLimit-Tier: enterprise\r\n"
        "Connection: X-RateLimit-User, X-Forwarded-For\r\n";
    const auto made = made_of({.fields = lies});
    const UpstreamRequest& told = made->request;
    CHECK(field_of(told, "X-Forwarded-For") == "203.0.113.9");
    CHECK(field_of(told, "X-Forwarded-Proto") == "http");
    CHECK(field_of(told, "X-Forwarded-Host") == "gate");
    CHECK(field_of(told, "X-RateLimit-User") == "7");
    CHECK(field_of(told, "X-RateLimit-Tier") == "pro");
    for (const char* const name : {"X_Forwarded_For", "Forwarded", "X-Real-IP", "X-Forwarded-Port",
                                   "X-Original-URI", "x_ratelimit_user"}) {
      CAPTURE(name);
      CHECK(field_of(told, name) == "absent");
    }
  }

  TEST_CASE("a trusted proxy can tell of its client") {
    const Asked asked{.fields =
                          "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"
                          "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop\r\n"
                          "Forwarded: for=1.1.1.1\r\nX-RateLimit-User: 1\r\n",
                      .peer = "127.0.0.1"};
    CHECK(field_of(asked, "X-Forwarded-For") == "1.1.1.1, 2.2.2.2, 127.0.0.1");
    CHECK(field_of(asked, "X-Forwarded-Proto") == "https");
    CHECK(field_of(asked, "X-Forwarded-Host") == "shop");
    CHECK(field_of(asked, "Forwarded") == "for=1.1.1.1");
    CHECK(field_of(asked, "X-RateLimit-User") == "7");
  }

  TEST_CASE("the API key goes to the upstream only when that is asked for") {
    const std::string keys = "X-API-Key: k\r\nX_API_Key: k\r\nAuthorization: Bearer k\r\n";
    CHECK(field_of({.fields = keys}, "X-API-Key") == "absent");
    CHECK(field_of({.fields = keys}, "X_API_Key") == "absent");
    CHECK(field_of({.fields = keys}, "Authorization") == "absent");
    CHECK(field_of({.fields = keys, .pass_api_key = true}, "X-API-Key") == "k");
    CHECK(field_of({.fields = keys, .pass_api_key = true}, "Authorization") == "Bearer k");
    CHECK(field_of({.fields = "Authorization: Basic eA==\r\n"}, "Authorization") == "Basic eA==");
  }

  TEST_CASE("Via grows by one") {
    CHECK(field_of({.fields = ""}, "Via") == "1.1 rlserver");
    CHECK(field_of({.fields = "Via: 1.1 a\r\nVia: 1.0 b\r\n"}, "Via") ==
          "1.1 a, 1.0 b, 1.1 rlserver");
    CHECK(field_of({.fields = "", .version = "1.0"}, "Via") == "1.0 rlserver");
  }

  TEST_CASE("E8: what belongs to a trace goes with a valid traceparent alone") {
    const std::string valid =
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n";
    const std::string state = "tracestate: a=1\r\ntracestate: b=2\r\n";
    CHECK(field_of({.fields = valid + state}, "tracestate") == "a=1, b=2");
    CHECK(field_of({.fields = state}, "tracestate") == "absent");
    CHECK(field_of({.fields = valid + valid + state}, "tracestate") == "absent");  // two are none
  }
}
