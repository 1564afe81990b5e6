#include "rl/http/framing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include "rl/base/random.h"
#include "tests/http/framing_cases.h"

using rl::http::Framer;
using rl::http::FramingLimits;
using rl::test::framing_cases;

namespace {

constexpr FramingLimits kLimits{.max_body = 20, .max_streamed_body = 20};

/// What is made of the bytes, in the words of FramingCase, and the reason of a refusal. The pieces
/// have the lengths that `next_length` gives. Streamed bodies are put together again here.
template <class NextLength>
std::string verdict_on(std::string_view bytes, NextLength next_length, std::string& reason,
                       bool streamed = false) {
  Framer framer(kLimits, [streamed](const auto&) { return streamed; });
  std::string verdict;
  std::string body;
  const auto add = [&](const std::string& text) {
    verdict += (verdict.empty() ? "" : " | ") + text;
  };
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, std::max<std::size_t>(1, next_length()));
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      piece.remove_prefix(framer.feed(piece));
      if (framer.state() == Framer::State::kRefused) {
        reason = framer.refusal().detail;
        add(std::to_string(framer.refusal().status));
        return verdict;
      }
      if (streamed) {
        body += framer.body();
        framer.drop_body();
      }
      if (framer.state() == Framer::State::kWhole) {
        add(std::string(framer.head().method) + ' ' + framer.head().target + ' ' + body +
            framer.body());
        framer.forget();
        body.clear();
      }
    }
  }
  if (!framer.untouched()) {
    add("more");
  }
  return verdict;
}

std::string verdict_at_once(std::string_view bytes, std::string& reason) {
  return verdict_on(
      bytes, [&] { return bytes.size(); }, reason);
}

/// A framer that has been fed all of it.
struct Fed {
  explicit Fed(std::string_view bytes) { framer.feed(bytes); }
  Framer framer{kLimits};
};

bool keeps_alive(const std::string& version, const std::string& fields) {
  const Fed fed("GET / HTTP/" + version + "\r\nHost: x\r\n" + fields + "\r\n");
  REQUIRE(fed.framer.state() == Framer::State::kWhole);
  return fed.framer.head().keep_alive;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("every rule of strict framing holds") {
    const auto cases = framing_cases();
    REQUIRE(cases.size() >= 200);
    std::set<std::string> names;
    for (const auto& row : cases) {
      CAPTURE(row.name);
      CHECK(names.insert(row.name).second);
      std::string reason;
      CHECK(verdict_at_once(row.bytes, reason) == row.expected);
    }
  }

  TEST_CASE("the verdict does not depend on the pieces in which bytes come") {
    for (const auto& row : framing_cases()) {
      CAPTURE(row.name);
      std::string whole_reason;
      const std::string whole = verdict_at_once(row.bytes, whole_reason);
      for (const std::size_t length : {1, 2, 3, 7, 100, 4096}) {
        CAPTURE(length);
        std::string reason;
        CHECK(verdict_on(
                  row.bytes, [&] { return length; }, reason) == whole);
        CHECK(reason == whole_reason);
      }
      rl::SeededRandom random(4711);
      const auto any = [&] { return random.below(row.bytes.size() / 3 + 1); };
      for (int i = 0; i < 20; ++i) {
        std::string reason;
        CHECK(verdict_on(row.bytes, any, reason) == whole);
        CHECK(reason == whole_reason);
      }
    }
  }

  TEST_CASE("a streamed body is judged as one that is kept") {
    for (const auto& row : framing_cases()) {
      CAPTURE(row.name);
      std::string whole_reason;
      const std::string whole = verdict_at_once(row.bytes, whole_reason);
      for (const std::size_t length : {1, 2, 7, 4096}) {
        CAPTURE(length);
        std::string reason;
        CHECK(verdict_on(
                  row.bytes, [&] { return length; }, reason, true) == whole);
        CHECK(reason == whole_reason);
      }
    }
  }

  TEST_CASE("nothing of a streamed body is taken before its head was looked at") {
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
    Framer framer(kLimits, [](const auto&) { return true; });
    CHECK(framer.feed(head + "hello") == head.size());
    REQUIRE(framer.state() == Framer::State::kBody);
    CHECK(framer.streamed());
    CHECK(framer.body().empty());
    CHECK(framer.feed("hel") == 3);
    CHECK(framer.body() == "hel");
    framer.drop_body();
    CHECK(framer.feed("lo, more") == 2);
    CHECK(framer.body() == "lo");
    CHECK(framer.body_so_far() == 5);
    CHECK(framer.state() == Framer::State::kWhole);
  }

  TEST_CASE("a streamed body has a bound of its own") {
    const FramingLimits limits{.max_body = 1};
    const auto state = [&](const std::string& fields) {
      Framer framer(limits, [](const auto&) { return true; });
      framer.feed("POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
      framer.feed("1\r\na\r\nfffffffffff\r\n");
      return framer.state();
    };
    CHECK(state("Content-Length: 1099511627776\r\n") == Framer::State::kBody);
    CHECK(state("Transfer-Encoding: chunked\r\n") == Framer::State::kBody);
    CHECK(state("Content-Length: 9223372036854775807\r\n") == Framer::State::kRefused);
    CHECK(state("Content-Length: 99999999999999999999\r\n") == Framer::State::kRefused);
  }

  TEST_CASE("a request changed in one byte is never two requests") {
    // Whatever a byte turns into, a body must not be read as a request.
    const std::string bytes =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\nX: y\r\n\r\nGET /b HTTP/1.1\r\n\r\n.";
    for (std::size_t at = 0; at < bytes.size() - 20; ++at) {
      for (const char c : std::string_view("\0\t\n\r :,;05xZ\x7f\xff", 15)) {
        std::string changed = bytes;
        changed[at] = c;
        std::string reason;
        const std::string verdict = verdict_at_once(changed, reason);
        CAPTURE(changed);
        CHECK(verdict.find("| GET /b ") == std::string::npos);
      }
    }
  }

  TEST_CASE("the extensions of all chunks together have a bound") {
    std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 70; ++i) {
      bytes += "1;" + std::string(250, 'a') + "\r\nx\r\n";
    }
    Framer framer{FramingLimits{}};
    framer.feed(bytes);
    REQUIRE(framer.state() == Framer::State::kRefused);
    CHECK(framer.refusal().status == 400);
  }

  TEST_CASE("nothing behind a whole request or a refusal is taken") {
    const std::string one = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    Framer framer(kLimits);
    CHECK(framer.feed(one + "rest") == one.size());
    CHECK(framer.feed("rest") == 0);
    framer.forget();
    CHECK(framer.untouched());
    const std::string refused = "GET / HTTP/1.1\n";
    CHECK(framer.feed(refused + one) == refused.size());
    CHECK(framer.state() == Framer::State::kRefused);
    CHECK(framer.feed(one) == 0);
  }

  TEST_CASE("the fields of a request are handed on as they came") {
    const Fed fed("GET / HTTP/1.1\r\nHost: x\r\nA:  b%0d%0ac \t\r\na:\r\nB: d, e\r\n\r\n");
    REQUIRE(fed.framer.state() == Framer::State::kWhole);
    const auto& fields = fed.framer.head().fields;
    REQUIRE(fields.size() == 4);
    CHECK(fields[1].name == "A");
    CHECK(fields[1].value == "b%0d%0ac");
    CHECK(fields[2].name == "a");
    CHECK(fields[2].value.empty());
    CHECK(fields[3].value == "d, e");
  }

  TEST_CASE("who wants to go on is known") {
    CHECK(keeps_alive("1.1", ""));
    CHECK(keeps_alive("1.1", "Connection: keep-alive\r\n"));
    CHECK_FALSE(keeps_alive("1.1", "Connection: close\r\n"));
    CHECK_FALSE(keeps_alive("1.1", "Connection: Upgrade , CLOSE\r\n"));
    CHECK_FALSE(keeps_alive("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    CHECK(keeps_alive("1.1", "Connection: closed\r\n"));
    CHECK_FALSE(keeps_alive("1.0", ""));
    CHECK(keeps_alive("1.0", "Connection: Keep-Alive\r\n"));
    CHECK_FALSE(keeps_alive("1.0", "Connection: keep-alive, close\r\n"));
  }

  TEST_CASE("a body is expected only behind a good head") {
    const std::string asks =
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ";
    const Fed good(asks + "20\r\n\r\n");
    REQUIRE(good.framer.state() == Framer::State::kBody);
    CHECK(good.framer.head().expects_continue);
    CHECK(Fed(asks + "21\r\n\r\n").framer.state() == Framer::State::kRefused);
    CHECK(Fed(asks + "0\r\n\r\n").framer.state() == Framer::State::kWhole);
  }
}
