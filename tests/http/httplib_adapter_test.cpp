#include "rl/http/httplib_adapter.h"

#include <doctest/doctest.h>

#include <string>

#include "rl/http/framing.h"

using rl::http::Ends;
using rl::http::Framer;
using rl::http::HttplibAdapter;

namespace {

/// What is sent, as far as there is room for it.
struct Text final : rl::http::ResponseSink {
  bool write(std::string_view bytes) override {
    text += bytes;
    return text.size() <= room;
  }
  void complete(std::string response) override { write(response); }
  std::string text;
  std::size_t room = 1'000'000;
};

/// A server with one route that httplib finds by its expression, and two that are found by path.
struct Answering {
  Answering() {
    adapter.Post(R"(/users/(\d+))", [](const auto& request, auto& response) {
      response.set_content(request.matches[1].str() + " " + request.body + " " +
                               request.get_param_value("a") + " " + request.remote_addr,
                           "text/plain");
    });
    adapter.Get("/pieces", [](const auto&, auto& response) {
      response.set_chunked_content_provider("text/plain", [](std::size_t offset, auto& sink) {
        offset < 2 ? sink.write("x", 1) : (sink.done(), true);
        return true;
      });
    });
    adapter.answer_directly("GET", "/a b", [](const auto& request, auto& response) {
      response.set_content(request.target + " " + request.path + " " +
                               request.get_param_value("c") + request.get_header_value("X"),
                           "text/plain");
    });
    adapter.answer_directly("POST", "/direct", [](const auto& request, auto& response) {
      response.set_content(request.get_header_value("Content-Type") + " " + request.body +
                               std::to_string(request.params.size()),
                           "text/plain");
    });
  }

  std::string answer(const std::string& request, bool last = false) {
    Framer framer{{}};
    framer.feed(request);
    REQUIRE(framer.state() == Framer::State::kWhole);
    Text sink;
    CHECK(adapter.serve({.head = framer.head(),
                         .body = framer.body(),
                         .ends = {"192.0.2.1", 1, "192.0.2.2", 2},
                         .last = last,
                         .sink = sink}));
    return sink.text;
  }

  HttplibAdapter adapter;
};

constexpr char kForm[] = "Content-Type: application/x-www-form-urlencoded\r\n";

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a route with an expression gets its parts and the body and no form") {
    Answering server;
    const std::string fields = std::string("Host: x\r\n") + kForm;
    CHECK(server.answer("POST /users/17?a=q HTTP/1.1\r\n" + fields + "Content-Length: 3\r\n\r\na=b")
              .ends_with("\r\n\r\n17 a=b q 192.0.2.1"));
    CHECK(server
              .answer("POST /users/17 HTTP/1.1\r\n" + fields +
                      "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n")
              .ends_with("\r\n\r\n17 a=b  192.0.2.1"));
    CHECK(server.answer("POST /users/17 HTTP/1.1\r\n" + fields + "\r\n")
              .ends_with("\r\n\r\n17   192.0.2.1"));
    CHECK(
        server.answer("POST /users/x HTTP/1.1\r\n" + fields + "\r\n").starts_with("HTTP/1.1 404"));
  }

  TEST_CASE("a path is found as it reads when it is decoded") {
    Answering server;
    CHECK(server.answer("GET /a%20b?c=d%26 HTTP/1.1\r\nHost: x\r\nX: %41\r\n\r\n")
              .ends_with("\r\n\r\n/a%20b?c=d%26 /a b d&%41"));
    const std::string head = server.answer("HEAD /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200 "));
    CHECK(head.ends_with("\r\n\r\n"));
    CHECK(server
              .answer("POST /direct HTTP/1.1\r\nHost: x\r\n" + std::string(kForm) +
                      "Content-Length: 3\r\n\r\na=b")
              .ends_with("\r\n\r\napplication/x-www-form-urlencoded a=b0"));
  }

  TEST_CASE("a response may be made piece by piece") {
    Answering server;
    CHECK(server.answer("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n")
              .ends_with("\r\n\r\n1\r\nx\r\n1\r\nx\r\n0\r\n\r\n"));
  }

  TEST_CASE("the last response says so and no other does") {
    Answering server;
    const std::string request = "GET /a%20b HTTP/1.1\r\nHost: x\r\n\r\n";
    CHECK(server.answer(request, true).find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(server.answer(request).find("Connection: close") == std::string::npos);
  }
}
