// What a proxied request makes of what libcurl tells it, without either.
#include "rl/http/gateway/proxied_request.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>

#include <optional>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;
using rl::UpstreamError;
using rl::http::CallEnd;
using rl::http::CallEvents;
using rl::http::ClientStream;

namespace {

/// A client that takes what it is told to take, and of whose body nothing comes.
class FakeClient final : public ClientStream {
 public:
  FakeClient() {
    head_.method = "PUT";
    head_.target = "/proxy/a";
  }

  const rl::http::RequestHead& head() const override { return head_; }
  const rl::http::Ends& ends() const override { return ends_; }
  int socket() const override { return -1; }
  Wants body_wants() const override { return {.to_read = waits_for_body}; }
  Wants send_wants() const override { return {.to_write = unsent() > 0}; }
  bool stopping() const override { return false; }
  Piece read_body(char* /*into*/, std::size_t /*room*/) override {
    waits_for_body = true;
    return {Come::kNothing};
  }
  bool body_is_whole() const override { return has_whole_body; }
  void leave_body() override { waits_for_body = false; }
  const std::optional<rl::http::Refusal>& refusal() const override { return refusal_; }
  bool begin_response() override { return !has_whole_body; }
  void hold(std::string_view bytes) override { held += bytes; }
  std::size_t unsent() const override { return held.size() - taken; }
  Sent send() override {
    taken = takes_all ? held.size() : taken;
    return takes_all ? Sent::kAll : Sent::kSome;
  }
  void give_back(End end) override { given_back = end; }

  bool has_whole_body = true;
  bool takes_all = true;
  bool waits_for_body = false;
  std::string held;
  std::size_t taken = 0;
  std::optional<End> given_back;

 private:
  rl::http::RequestHead head_;
  const rl::http::Ends ends_;
  const std::optional<rl::http::Refusal> refusal_;
};

/// A request whose upstream has answered with a head.
struct Answered {
  explicit Answered(const std::string& fields, bool has_whole_body = true,
                    const std::string& status = "200 OK") {
    client.has_whole_body = has_whole_body;
    static_cast<void>(request.next_upstream());
    CHECK(request.may_send());
    if (!has_whole_body) {
      char piece[10];
      CHECK(request.next_body(piece, sizeof piece).come == ClientStream::Come::kNothing);
    }
    for (const std::string& line : {"HTTP/1.1 " + status, fields, std::string()}) {
      CHECK(request.head_line(line + "\r\n"));
    }
    body_begins = client.held.size();
  }

  /// What the client got of the body, or is still to get.
  std::string body() const { return client.held.substr(body_begins); }

  rl::ManualClock clock;
  const rl::Log log{rl::LogLevel::kError};
  rl::http::Upstreams upstreams{{{.origin = "http://a", .base = ""}}, clock, log};
  rl::UpstreamMetrics metrics;
  rl::HttpMetrics http{clock};
  rl::http::GatewayShared shared{.upstreams = upstreams,
                                 .metrics = metrics,
                                 .route = http.route("/proxy/{path}"),
                                 .clock = clock,
                                 .log = log,
                                 .patience = {},
                                 .ca_file = {}};
  FakeClient client;
  rl::http::ProxiedRequest request{std::make_shared<rl::http::AdmittedProxy>(), client, shared};
  std::size_t body_begins = 0;
};

constexpr char kChunked[] = "Transfer-Encoding: chunked";

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("chunks are put together and passed on in chunks of our own") {
    Answered answered(kChunked);
    for (const char* const piece : {"3;x=y\r\nab", "c\r\n", "2\r\nde\r\n0\r\nX: y\r", "\n\r\n"}) {
      CHECK(answered.request.body(piece) == CallEvents::Taken::kAll);
    }
    CHECK(answered.body() == "2\r\nab\r\n1\r\nc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK_FALSE(answered.request.over());
    CHECK_FALSE(answered.request.end_call(CallEnd::kDone, ""));
    answered.request.give_back();
    CHECK(answered.client.given_back == ClientStream::End::kWhole);
  }

  TEST_CASE("a long response may have an extension in every chunk") {
    Answered answered(kChunked);
    const std::string chunk =
        "fa;" + std::string(250, 'a') + "\r\n" + std::string(250, 'x') + "\r\n";
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(answered.request.body(chunk) == CallEvents::Taken::kAll);
      REQUIRE_FALSE(answered.request.settle());
    }
    CHECK(answered.client.held.size() > 250'000);
  }

  TEST_CASE("extensions that are much more than the content are refused") {
    Answered answered(kChunked);
    const std::string chunk = "1;" + std::string(250, 'a') + "\r\nx\r\n";
    int chunks = 0;
    while (answered.request.body(chunk) == CallEvents::Taken::kAll) {
      REQUIRE(++chunks < 1000);
    }
    CHECK(answered.request.over());
    CHECK(answered.metrics.errors(UpstreamError::kFraming) == 1);
  }

  TEST_CASE("a chunk that is framed wrongly ends the request by itself") {
    Answered answered(kChunked);
    answered.client.takes_all = false;
    CHECK(answered.request.body("1\r\na\r\n") == CallEvents::Taken::kAll);
    // As while a paused call goes on, of which libcurl does not tell the end then.
    CHECK(answered.request.body("zz\r\n") == CallEvents::Taken::kNever);
    CHECK(answered.request.over());
    answered.request.give_back();
    CHECK(answered.client.given_back == ClientStream::End::kCut);
    CHECK(answered.body() == "1\r\na\r\n");
    CHECK(answered.metrics.errors(UpstreamError::kFraming) == 1);
  }

  TEST_CASE("what is behind the last chunk is not passed on and ends the call") {
    for (const bool at_once : {true, false}) {
      CAPTURE(at_once);
      Answered answered(kChunked);
      const std::string whole = "1\r\na\r\n0\r\n\r\n";
      if (at_once) {
        CHECK(answered.request.body(whole + "HTTP/1.1 200") == CallEvents::Taken::kNever);
      } else {
        CHECK(answered.request.body(whole) == CallEvents::Taken::kAll);
        CHECK(answered.request.body("HTTP/1.1 200") == CallEvents::Taken::kNever);
      }
      CHECK(answered.request.over());
      answered.request.give_back();
      CHECK(answered.client.given_back == ClientStream::End::kWhole);
      CHECK(answered.body() == whole);
    }
  }

  TEST_CASE("a body that ends before its last chunk is not ended for the client") {
    Answered answered(kChunked);
    CHECK(answered.request.body("1\r\na\r\n") == CallEvents::Taken::kAll);
    CHECK_FALSE(answered.request.end_call(CallEnd::kDone, ""));
    answered.request.give_back();
    CHECK(answered.client.given_back == ClientStream::End::kCut);
  }

  TEST_CASE("a client that takes nothing lets no more than a bounded part of a body come") {
    Answered answered(kChunked);
    answered.client.takes_all = false;
    const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
    int taken = 0;
    while (answered.request.body(chunk) == CallEvents::Taken::kAll) {
      REQUIRE(++taken < 1000);
    }
    CHECK(answered.request.still_paused().receiving);
    CHECK(answered.client.unsent() < rl::http::ProxiedRequest::kMostUnsent + 2000);
    answered.client.takes_all = true;
    CHECK(answered.request.settle());
    CHECK_FALSE(answered.request.still_paused().receiving);
    CHECK(answered.request.body(chunk) == CallEvents::Taken::kAll);  // which comes again
  }

  TEST_CASE("an early response without a body is whole when the upstream closes") {
    for (const char* const status : {"204 No Content", "304 Not Modified"}) {
      CAPTURE(status);
      Answered answered("X: y", false, status);
      CHECK_FALSE(answered.request.end_call(CallEnd::kClosed, ""));
      answered.request.give_back();
      CHECK(answered.client.given_back == ClientStream::End::kLast);
      CHECK(answered.metrics.errors(UpstreamError::kCut) == 0);
    }
  }

  TEST_CASE("what comes after a request is over changes nothing") {
    Answered answered("Content-Length: 2");
    answered.request.on_client(EPOLLHUP);
    REQUIRE(answered.request.over());
    CHECK(answered.request.body("hi") == CallEvents::Taken::kNever);
    CHECK_FALSE(answered.request.head_line("HTTP/1.1 200 OK\r\n"));
    char piece[10];
    CHECK(answered.request.next_body(piece, sizeof piece).come == ClientStream::Come::kBroken);
    CHECK_FALSE(answered.request.end_call(CallEnd::kDone, ""));
    answered.request.give_back();
    CHECK(answered.client.given_back == ClientStream::End::kCut);
    CHECK(answered.body().empty());
  }

  TEST_CASE("a request body is waited for only as long as somebody wants it") {
    Answered answered("Content-Length: 2", false, "413 Content Too Large");
    CHECK((answered.request.interest() & EPOLLIN) != 0);
    answered.request.on_tick(answered.clock.now());
    CHECK(answered.request.settle());  // libcurl goes on, and may ask for more
    CHECK((answered.request.interest() & EPOLLIN) == 0);
    CHECK((answered.request.interest() & EPOLLRDHUP) == 0);
    CHECK(answered.client.waits_for_body);
    answered.request.on_tick(answered.clock.now());  // it has not
    CHECK_FALSE(answered.request.settle());
    CHECK_FALSE(answered.client.waits_for_body);
    CHECK((answered.request.interest() & EPOLLRDHUP) != 0);  // nothing else tells that it left
    char piece[10];
    CHECK(answered.request.next_body(piece, sizeof piece).come == ClientStream::Come::kNothing);
    CHECK((answered.request.interest() & EPOLLIN) != 0);
  }
}
