#include "rl/client/http_connection.h"

#include <doctest/doctest.h>
#include <signal.h>

#include "tests/client/scripted_server.h"

namespace {

using rl::client::HttpConnection;
using rl::test::RawPeer;
using rl::test::ScriptedServer;

constexpr rl::Micros kConnectionPatience = std::chrono::seconds{5};

TEST_SUITE("client") {
  TEST_CASE("a request arrives as it was written and the reply comes back whole") {
    ScriptedServer server([](const httplib::Request&, httplib::Response& response) {
      response.status = 207;
      response.set_header("X-RateLimit-Limit", "20");
      response.set_content("body", "text/plain");
    });
    HttpConnection connection(server.address(), kConnectionPatience);
    const auto reply = connection.send({.method = "PATCH",
                                        .target = "/a",
                                        .headers = {{"X-API-Key", "k"}},
                                        .body = "{}",
                                        .content_type = "application/json"});
    REQUIRE(reply.has_value());
    CHECK(reply->status == 207);
    CHECK(reply->body == "body");
    CHECK(reply->header("x-ratelimit-LIMIT") == "20");
    CHECK_FALSE(reply->header("X-RateLimit").has_value());

    const auto seen = server.seen();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].method == "PATCH");
    CHECK(seen[0].body == "{}");
    CHECK(seen[0].get_header_value("X-API-Key") == "k");
    CHECK(seen[0].get_header_value_count("Content-Type") == 1);
    CHECK(seen[0].get_header_value("Content-Type") == "application/json");
  }

  TEST_CASE("the target is sent without any encoding of ours") {
    ScriptedServer server(ScriptedServer::always(200, "", "text/plain"));
    HttpConnection connection(server.address(), kConnectionPatience);
    REQUIRE(connection.send({.target = "/a%2Fb+c?d=%20e"}).has_value());
    CHECK(server.seen().at(0).target == "/a%2Fb+c?d=%20e");
  }

  TEST_CASE("any status is a reply and a redirect is not followed") {
    for (const int status : {200, 302, 404, 429, 503}) {
      CAPTURE(status);
      ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
        response.status = status;
        response.set_header("Location", "/elsewhere");
      });
      HttpConnection connection(server.address(), kConnectionPatience);
      const auto reply = connection.send({});
      REQUIRE(reply.has_value());
      CHECK(reply->status == status);
      CHECK(server.seen().size() == 1);
    }
  }

  TEST_CASE("requests share one connection") {
    ScriptedServer server(ScriptedServer::always(200, "ok", "text/plain"));
    HttpConnection connection(server.address(), kConnectionPatience);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(connection.send({}).has_value());
    }
    const auto seen = server.seen();
    CHECK(seen.at(0).remote_port == seen.at(2).remote_port);
  }

  TEST_CASE("a connection that the peer closed is opened again") {
    ScriptedServer server(ScriptedServer::always(200, "ok", "text/plain"), 1);
    HttpConnection connection(server.address(), kConnectionPatience);
    REQUIRE(connection.send({}).has_value());
    REQUIRE(connection.send({}).has_value());
    const auto seen = server.seen();
    CHECK(seen.at(0).remote_port != seen.at(1).remote_port);
  }

  TEST_CASE("a refused connection is an error that names the peer") {
    const RawPeer nobody;
    HttpConnection connection(nobody.address(), kConnectionPatience);
    const auto reply = connection.send({});
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().message == "cannot connect to " + nobody.address().to_string());
    CHECK_FALSE(reply.error().hint.empty());
  }

  TEST_CASE("a peer that does not answer is given up after the timeout") {
    const rl::test::SilentServer silent;
    HttpConnection connection(silent.address(), std::chrono::milliseconds{50});
    const rl::SystemClock clock;
    const rl::Instant begin = clock.now();
    const auto reply = connection.send({});
    REQUIRE_FALSE(reply.has_value());
    CHECK(clock.now() - begin >= std::chrono::milliseconds{50});
    CHECK(clock.now() - begin < std::chrono::seconds{4});  // httplib by itself waits for 5
    CHECK(reply.error().message == silent.address().to_string() + " did not answer within 50ms");
  }

  TEST_CASE("a peer that hangs up or does not speak HTTP is an error") {
    for (const char* const text : {"", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
      CAPTURE(text);
      RawPeer peer;
      peer.answer_once(text);
      HttpConnection connection(peer.address(), kConnectionPatience);
      const auto reply = connection.send({});
      REQUIRE_FALSE(reply.has_value());
      CHECK(reply.error().message ==
            peer.address().to_string() + " closed the connection without a complete reply");
    }
  }

  TEST_CASE("a broken pipe during a request does not end the program") {
    // The true race, a reset between httplib's look at the socket and its send, cannot be arranged:
    // the server raises the signal instead, in the thread that waits for its answer.
    ScriptedServer server(
        [client = ::pthread_self()](const httplib::Request&, httplib::Response& response) {
          ::pthread_kill(client, SIGPIPE);
          response.set_content("ok", "text/plain");
        });
    const auto before =
        ::signal(SIGPIPE, SIG_DFL);  // the constructor of httplib's server ignores it
    HttpConnection connection(server.address(), kConnectionPatience);
    CHECK(connection.send({}).has_value());
    ::signal(SIGPIPE, before);
  }

  TEST_CASE("a reply beyond 16 MiB is refused") {
    const std::string most(std::size_t{16} << 20U, 'x');
    ScriptedServer server([&](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.path == "/most" ? most : most + "x", "text/plain");
    });
    HttpConnection connection(server.address(), kConnectionPatience);
    const auto fits = connection.send({.target = "/most"});
    REQUIRE(fits.has_value());
    CHECK(fits->body.size() == most.size());
    const auto exceeds = connection.send({.target = "/more"});
    REQUIRE_FALSE(exceeds.has_value());
    CHECK(exceeds.error().message ==
          server.address().to_string() + " sent a reply of more than 16 MiB");
  }
}

}  // namespace
