#include "rl/http/server.h"

#include <stdexcept>

#include "rl/http/problem.h"
#include "tests/http/house.h"
#include "tests/support/raw_connection.h"

using rl::test::header_of;
using rl::test::House;
using rl::test::problem_of;
using rl::test::RawConnection;

namespace {

constexpr char kNewYearDate[] = "Thu, 01 Jan 2026 00:00:00 GMT";
constexpr char kRange[] = "GET /echo HTTP/1.1\r\nHost: x\r\nRange: ";

/// A server with a few routes and a body limit of 1000 bytes, and one connection to it.
struct Serving {
  Serving() {
    server.get("/echo", [](const auto& request, auto& response) {
      rl::http::answer_json(response, 200, {{"path", request.path}});
    });
    server.post("/echo", [](const auto& request, auto& response) {
      response.status = 200;
      response.set_content(request.body, "text/plain");
    });
    server.post("/only-post", [](const auto&, auto& response) { response.status = 204; });
    server.get("/a.b", [](const auto&, auto& response) { response.status = 204; });
    server.get("/throw", [](const auto&, auto& response) {
      response.set_content("half an answer", "text/plain");
      throw std::runtime_error("secret-detail");
    });
    server.get("/throw-int", [](const auto&, auto&) { throw 4711; });
    server.plain("GET", "/plain way", [](const auto& request, const rl::http::Answer& answer) {
      answer(
          rl::http::Reply{.status = 200,
                          .fields = {{"Date", kNewYearDate}, {"X-Path", std::string(request.path)}},
                          .content_type = "text/plain",
                          .body = "said"});
    });
    server.plain("GET", "/plain-throw",
                 [](const auto&, const auto&) { throw std::runtime_error("secret-detail"); });
    server.start();
  }

  rl::client::HttpReply ask(const rl::client::HttpRequest& request) {
    return House::send(connection, request);
  }

  rl::Log log{rl::LogLevel::kError};
  rl::http::Server server{{.name = "test", .threads = 2, .max_body = 1000}, log};
  rl::Address address = server.bind({"127.0.0.1", 0}).value();
  rl::client::HttpConnection connection{address, std::chrono::seconds{3}};
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("a path that nobody serves is a 404 problem whatever the method") {
    Serving serving;
    for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      CAPTURE(method);
      const auto reply = serving.ask({.method = method, .target = "/nowhere"});
      CHECK(problem_of(reply, 404)["detail"] == "nothing is at this path");
      CHECK_FALSE(reply.header("Allow").has_value());
    }
    const auto head = serving.ask({.method = "HEAD", .target = "/nowhere"});
    CHECK(head.status == 404);
    CHECK(head.body.empty());
  }

  TEST_CASE("a method that a path does not take is a 405 problem that names those it takes") {
    struct Row {
      std::string method;
      std::string path;
      std::string allow;
    };
    const Row rows[] = {
        {"GET", "/only-post", "POST"},           {"HEAD", "/only-post", "POST"},
        {"DELETE", "/only-post", "POST"},        {"POST", "/a.b", "GET, HEAD"},
        {"PUT", "/a.b?x=1", "GET, HEAD"},        {"DELETE", "/echo", "GET, HEAD, POST"},
        {"OPTIONS", "/echo", "GET, HEAD, POST"},
    };
    Serving serving;
    for (const Row& row : rows) {
      CAPTURE(row.method);
      CAPTURE(row.path);
      const auto reply = serving.ask({.method = row.method, .target = row.path});
      CHECK(reply.status == 405);
      CHECK(header_of(reply, "Allow") == row.allow);
      if (row.method != "HEAD") {
        const auto detail = problem_of(reply, 405)["detail"].get<std::string>();
        CHECK(detail.ends_with(" takes " + row.allow));
      }
    }
  }

  TEST_CASE("a path is literal") {
    Serving serving;
    CHECK(serving.ask({.target = "/a.b"}).status == 204);
    CHECK(serving.ask({.target = "/aXb"}).status == 404);
    CHECK(serving.ask({.target = "/a.b/"}).status == 404);
    CHECK(serving.ask({.target = "/echo/more"}).status == 404);
  }

  TEST_CASE("a body over the limit is a 413 problem that names it and ends the connection") {
    Serving serving;
    const auto send = [&](std::size_t bytes) {
      return serving.ask({.method = "POST",
                          .target = "/echo",
                          .body = std::string(bytes, 'x'),
                          .content_type = "text/plain"});
    };
    CHECK(send(1000).body == std::string(1000, 'x'));
    CHECK(problem_of(send(1001), 413)["detail"] == "a body may have 1000 bytes here");
    RawConnection raw(serving.address);
    const std::string reply = raw.ask(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
    CHECK(reply.starts_with("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"));
    CHECK(raw.ends());
  }

  TEST_CASE("a body is what was sent whatever it is said to be") {
    Serving serving;
    for (const std::string type : {"application/x-www-form-urlencoded", "multipart/form-data",
                                   "multipart/form-data; boundary=x", "application/json"}) {
      CAPTURE(type);
      const auto reply = serving.ask(
          {.method = "POST", .target = "/echo", .body = "--x\r\na=1&b", .content_type = type});
      CHECK(reply.status == 200);
      CHECK(reply.body == "--x\r\na=1&b");
    }
  }

  TEST_CASE("a handler that throws is a 500 problem without a word of the exception") {
    Serving serving;
    RawConnection raw(serving.address);
    for (const std::string path : {"/throw", "/throw-int", "/plain-throw"}) {
      CAPTURE(path);
      const std::string reply = raw.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 500 "));
      CHECK(reply.find("secret-detail") == std::string::npos);
      CHECK(reply.find("4711") == std::string::npos);
      CHECK(reply.find("EXCEPTION") == std::string::npos);
      CHECK(reply.find("half an answer") == std::string::npos);
      CHECK(problem_of(serving.ask({.target = path}), 500)["detail"] ==
            "the server failed to answer");
    }
  }

  TEST_CASE("a plain route is found by its decoded path and answers HEAD without the body") {
    Serving serving;
    RawConnection raw(serving.address);
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n"
        "Keep-Alive: timeout=60, max=1000000\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nX-Path: "
        "/plain way\r\n\r\n";
    CHECK(raw.ask("GET /plain%20way?a=b HTTP/1.1\r\nHost: x\r\n\r\n") == head + "said");
    REQUIRE(
        raw.send("HEAD /plain%20way HTTP/1.1\r\nHost: x\r\n\r\n"
                 "GET /plain%20way HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    const std::string rest = raw.read_to_end();
    CHECK(rest.starts_with(head + "HTTP/1.1 200 OK\r\nConnection: close\r\n"));
    CHECK(rest.ends_with("\r\n\r\nsaid"));
    CHECK(serving.ask({.target = "/plain%20ways"}).status == 404);
    const auto other = serving.ask({.method = "POST", .target = "/plain%20way", .body = ""});
    CHECK(problem_of(other, 405)["detail"] == "/plain way takes GET, HEAD");
    CHECK(header_of(other, "Allow") == "GET, HEAD");
  }

  TEST_CASE("every response says once when it was made") {
    Serving serving;
    for (const std::string start :
         {"GET /echo", "GET /plain%20way", "GET /plain-throw", "GET /throw", "GET /nowhere",
          "PUT /echo", "HEAD /echo", "DELETE /only-post", "BREW /echo", "no"}) {
      CAPTURE(start);
      RawConnection raw(serving.address);
      REQUIRE(raw.send(start + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
      const std::string reply = raw.read_to_end();
      const std::size_t date = reply.find("\r\nDate: ");
      REQUIRE(date != std::string::npos);
      CHECK(reply.substr(date + std::string("\r\nDate: ").size(), std::string(kNewYearDate).size())
                .ends_with(" GMT"));
      CHECK(reply.find("\r\nDate: ", date + 1) == std::string::npos);
    }
  }

  TEST_CASE("a POST without a body is answered at once") {
    Serving serving;
    RawConnection raw(serving.address);
    for (int i = 0; i < 2; ++i) {
      const std::string reply = raw.ask("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(reply.find("\r\nContent-Length: 0\r\n") != std::string::npos);
    }
    CHECK(raw.ask("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405 "));
    const std::string whole =
        raw.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(whole.ends_with("\r\n\r\nbody"));
  }

  TEST_CASE("what is too large in the head is a problem and ends nothing for others") {
    struct Row {
      std::string head;
      std::string status;
    };
    const Row rows[] = {
        {"GET /echo HTTP/1.1\r\nX-Large: " + std::string(17000, 'x'), "431"},
        {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x", "414"},
        {"BREW /echo HTTP/1.1\r\nHost: x", "501"},
        {"GET /echo HTTP/1.1", "400"},
        {"GET /echo HTTP/2.0\r\nHost: x", "505"},
        {"GET /echo", "400"},
        {"nonsense", "400"},
    };
    Serving serving;
    for (const Row& row : rows) {
      CAPTURE(row.head.substr(0, 40));
      RawConnection raw(serving.address);
      const std::string reply = raw.ask(row.head + "\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 " + row.status + " "));
      CHECK(reply.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos);
      CHECK(reply.find("\"status\":" + row.status) != std::string::npos);
      CHECK(serving.ask({.target = "/echo"}).status == 200);
    }
  }

  TEST_CASE("a header of 16000 bytes is read") {
    Serving serving;
    CHECK(serving.ask({.target = "/echo", .headers = {{"X-Large", std::string(16000, 'x')}}})
              .status == 200);
  }

  TEST_CASE("a range is ignored so that no answer is cut") {
    Serving serving;
    RawConnection raw(serving.address);
    for (const std::string range : {"bytes=0-3", "bytes=0-0,2-3", "bytes=100000-", "nonsense"}) {
      CAPTURE(range);
      const std::string reply = raw.ask(kRange + range + "\r\n\r\n");
      CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(reply.ends_with("\r\n\r\n{\"path\":\"/echo\"}\n"));
      CHECK(reply.find("Content-Range") == std::string::npos);
    }
    const std::string none =
        raw.ask("GET /nowhere HTTP/1.1\r\nHost: x\r\nRange: bytes=0-3\r\n\r\n");
    CHECK(none.starts_with("HTTP/1.1 404 "));
    CHECK(none.ends_with("\"nothing is at this path\"}\n"));
  }

  TEST_CASE("a body in chunks is handed on as one with a length") {
    Serving serving;
    RawConnection raw(serving.address);
    const std::string reply = raw.ask(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    CHECK(reply.starts_with("HTTP/1.1 200 "));
    CHECK(reply.ends_with("\r\n\r\nhello world"));
    CHECK(raw.ask("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 "));
  }

  TEST_CASE("a percent sign in a field and a false address are no more than their bytes") {
    rl::Log log{rl::LogLevel::kError};
    rl::http::Server server{{.name = "test", .threads = 1}, log};
    server.get("/", [](const auto& request, auto& response) {
      rl::http::answer_json(response, 200,
                            {{"x", request.get_header_value("X")},
                             {"claimed", request.get_header_value("REMOTE_ADDR")},
                             {"peer", request.remote_addr}});
    });
    const auto address = server.bind({"127.0.0.1", 0}).value();
    server.start();
    RawConnection raw(address);
    CHECK(raw.ask("GET / HTTP/1.1\r\nHost: x\r\nX: a%0d%0ab\r\nREMOTE_ADDR: 10.1.1.1\r\n\r\n")
              .ends_with("{\"x\":\"a%0d%0ab\",\"claimed\":\"10.1.1.1\",\"peer\":\"127.0.0.1\"}\n"));
  }
}
