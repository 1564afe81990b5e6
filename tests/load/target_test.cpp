#include "rl/load/target.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rl/base/text.h"

using rl::load::parse_header;
using rl::load::parse_target;

TEST_SUITE("load") {
  TEST_CASE("a target is an address and what to ask there") {
    struct Row {
      std::string url;
      const char* address;
      const char* path;
    };
    for (const Row& row : std::vector<Row>{
             {"http://127.0.0.1:8080/test", "127.0.0.1:8080", "/test"},
             {"http://localhost", "localhost:80", "/"},
             {"HTTP://localhost/a?b=c&d", "localhost:80", "/a?b=c&d"},
             {"http://localhost:81?b=c", "localhost:81", "/?b=c"},
             {"http://[::1]:8080/x", "[::1]:8080", "/x"},
             {"http://[::1]/x", "[::1]:80", "/x"},
             {"http://h/a:b@c", "h:80", "/a:b@c"},
             {"https://localhost", "localhost:443", "/"},
             {"HTTPS://localhost:8443/x", "localhost:8443", "/x"},
         }) {
      CAPTURE(row.url);
      const auto target = parse_target(row.url);
      REQUIRE(target.has_value());
      CHECK(target->address.to_string() == row.address);
      CHECK(target->path == row.path);
      CHECK(target->tls == (rl::to_lower(row.url).starts_with("https")));
    }
  }

  TEST_CASE("a bad target is refused with a reason") {
    struct Row {
      std::string url;
      const char* reason;
    };
    for (const Row& row : std::vector<Row>{
             {"localhost:8080", "does not start with http://"},
             {"", "does not start with http://"},
             {"ftp://localhost/", "does not start with http://"},
             {"http://", "has no host"},
             {"http://:8080/", "has no host"},
             {"http://localhost:0/", "port 0"},
             {"http://localhost:99999/", "is not a target"},
             {"http://localhost:x/", "is not a target"},
             {"http://me:pass@localhost/", "credentials in the URL"},
             {"http://localhost/a b", "a space"},
             {"http://localhost/a#b", "a fragment"},
             {"http://localhost/a\r\nX:y", "a control character"},
         }) {
      CAPTURE(row.url);
      const auto target = parse_target(row.url);
      REQUIRE_FALSE(target.has_value());
      CAPTURE(target.error().message);
      CHECK(target.error().message.find(row.reason) != std::string::npos);
    }
  }

  TEST_CASE("a header is a name and a value on one line") {
    const auto header = parse_header("X-API-Key:  rlk_demo_free \t");
    REQUIRE(header.has_value());
    CHECK(header->first == "X-API-Key");
    CHECK(header->second == "rlk_demo_free");
    CHECK(parse_header("Accept: a:b")->second == "a:b");
    for (const char* text : {"", "X-API-Key", ": value", "X API: value", "X:", "X: \t",
                             "X: a\nB: c", "X: a\rb", "N\xc3\xa4me: x"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_header(text).has_value());
    }
  }

  TEST_CASE("a header that is refused does not show its secret") {
    for (const char* text : {"rlk_secret", "X-API-Key: rlk_secret\n"}) {
      const auto header = parse_header(text);
      REQUIRE_FALSE(header.has_value());
      CHECK(header.error().message.find("rlk_secret") == std::string::npos);
    }
  }
}
