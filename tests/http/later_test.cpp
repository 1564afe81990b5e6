// Requests that are answered after their handler has returned, by another thread than the one that
// read them.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "rl/http/server.h"
#include "tests/http/house.h"
#include "tests/support/raw_connection.h"

using namespace std::chrono_literals;
using rl::http::Answer;
using rl::test::RawConnection;

namespace {

rl::http::Reply saying(std::string body) {
  return {.status = 200, .fields = {}, .content_type = "text/plain", .body = std::move(body)};
}

/// A server of one thread: /now is answered at once, /later when the test says so.
class LaterServer {
 public:
  struct Asked {
    std::string query;
    Answer answer;
  };

  LaterServer() {
    server.plain("GET", "/now", [](const auto&, const Answer& answer) { answer(saying("now")); });
    server.plain("GET", "/later", [this](const auto& request, const Answer& answer) {
      const std::lock_guard lock(mutex_);
      asked_.push_back({request.head.target.substr(request.head.target.find('?') + 1), answer});
      came_.notify_one();
    });
    server.start();
  }

  /// The next request that waits for its answer; nothing when none comes.
  std::optional<Asked> next() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, 3s, [this] { return !asked_.empty(); })) {
      return std::nullopt;
    }
    Asked asked = std::move(asked_.front());
    asked_.erase(asked_.begin());
    return asked;
  }

  const rl::Log log{rl::LogLevel::kError};
  rl::http::Server server{{.name = "test", .threads = 1}, log};
  const rl::Address address = server.bind({"127.0.0.1", 0}).value();

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Asked> asked_;
};

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("requests that wait for their answer cost no thread") {
    LaterServer serving;
    std::vector<std::unique_ptr<RawConnection>> waiting;
    std::vector<LaterServer::Asked> asked;
    for (int i = 0; i < 50; ++i) {
      waiting.push_back(std::make_unique<RawConnection>(serving.address));
      REQUIRE(waiting.back()->send(get("/later?" + std::to_string(i))));
      auto next = serving.next();
      REQUIRE(next.has_value());
      asked.push_back(std::move(*next));
    }
    RawConnection other(serving.address);
    CHECK(other.ask(get("/now")).ends_with("\r\n\r\nnow"));
    for (auto one = asked.rbegin(); one != asked.rend(); ++one) {
      one->answer(saying("answer " + one->query));
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      CHECK(waiting[i]->read_reply().ends_with("\r\n\r\nanswer " + std::to_string(i)));
      CHECK(waiting[i]->ask(get("/now")).ends_with("\r\n\r\nnow"));  // the connection goes on
    }
  }

  TEST_CASE("what was sent behind a request that waits is answered after it") {
    LaterServer serving;
    RawConnection raw(serving.address);
    REQUIRE(raw.send(get("/now") + get("/later?a") + get("/now") + get("/later?b")));
    CHECK(raw.read_reply().ends_with("now"));  // does not wait for what came later
    for (const std::string query : {"a", "b"}) {
      const auto asked = serving.next();
      REQUIRE(asked.has_value());
      CHECK(asked->query == query);
      asked->answer(saying(query));
      CHECK(raw.read_reply().ends_with("\r\n\r\n" + query));
      if (query == "a") {
        CHECK(raw.read_reply().ends_with("now"));
      }
    }
  }

  TEST_CASE("an answer may come before, while and after the handler returns") {
    const rl::Log log{rl::LogLevel::kError};
    rl::http::Server server({.name = "test", .threads = 2}, log);
    std::vector<std::jthread> answering;
    server.plain("GET", "/race", [&](const auto& request, const Answer& answer) {
      if (request.head.target.ends_with("before")) {
        std::jthread([answer] { answer(saying("before")); }).join();
      } else {
        answering.emplace_back([answer] { answer(saying("race")); });
      }
    });
    const auto address = server.bind({"127.0.0.1", 0}).value();
    server.start();
    RawConnection raw(address);
    for (int i = 0; i < 200; ++i) {
      const std::string query = i % 2 == 0 ? "race" : "before";
      CHECK(raw.ask(get("/race?" + query)).ends_with("\r\n\r\n" + query));
    }
  }

  TEST_CASE("an answer that is larger than the socket takes is sent as its reader reads") {
    LaterServer serving;
    RawConnection raw(serving.address);
    REQUIRE(raw.send(get("/later?x")));
    const auto asked = serving.next();
    REQUIRE(asked.has_value());
    const std::string body(std::size_t{16} << 20U, 'x');
    asked->answer(saying(body));  // and this thread does not wait for the reader
    RawConnection other(serving.address);
    CHECK(other.ask(get("/now")).ends_with("now"));
    CHECK(raw.read_reply().ends_with("\r\n\r\n" + body));
  }

  TEST_CASE("who has left before the answer harms nobody") {
    LaterServer serving;
    std::optional<LaterServer::Asked> asked;
    {
      RawConnection raw(serving.address);
      REQUIRE(raw.send(get("/later?x")));
      asked = serving.next();
      REQUIRE(asked.has_value());
    }
    asked->answer(saying("nobody hears this"));
    RawConnection other(serving.address);
    CHECK(other.ask(get("/now")).ends_with("now"));
  }

  TEST_CASE("a server that stops gives the answers that are still to come") {
    LaterServer serving;
    RawConnection raw(serving.address);
    REQUIRE(raw.send(get("/later?x")));
    const auto asked = serving.next();
    REQUIRE(asked.has_value());
    std::jthread stopping([&] { serving.server.stop(); });
    while (RawConnection(serving.address).ask(get("/now")).ends_with("now")) {
    }
    asked->answer(saying("at last"));
    CHECK(raw.read_to_end().ends_with("\r\n\r\nat last"));
    stopping.join();
    CHECK(serving.server.connections().open == 0);
  }
}
