#include "rl/config/route_path.h"

#include <doctest/doctest.h>

#include <string>

#include "rl/base/random.h"
#include "rl/config/policy_file.h"

using rl::canonical_path;
using rl::is_canonical;

namespace {

const std::string kRouted = R"(
version = 1
default_tier = "free"
[tiers.free]
unlimited = true
)";

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("every spelling of a path has one form") {
    struct Row {
      std::string path;
      std::string canonical;
    };
    const Row rows[] = {
        {"/", "/"},
        {"/v1/check", "/v1/check"},
        {"/v1/check/", "/v1/check/"},
        {"/V1/Check", "/V1/Check"},
        {"/a.b/..c/d../...", "/a.b/..c/d../..."},
        {"//", "/"},
        {"///v1////check", "/v1/check"},
        {"/v1//", "/v1/"},
        {"/./v1/./check", "/v1/check"},
        {"/v1/check/.", "/v1/check/"},
        {"/.", "/"},
        {"/..", "/"},
        {"/../../v1/check", "/v1/check"},
        {"/v1/x/../check", "/v1/check"},
        {"/v1/x/y/../../check", "/v1/check"},
        {"/v1/check/x/..", "/v1/check/"},
        {"/v1/x//../check", "/v1/check"},
        {"/v1/%63heck", "/v1/check"},
        {"/v1/%63%68%65%63%6B", "/v1/check"},
        {"/v1/%63%68%65%63%6b", "/v1/check"},
        {"/v1%2Fcheck", "/v1/check"},
        {"/v1%2f%2fcheck", "/v1/check"},
        {"/v1/%2e/check", "/v1/check"},
        {"/v1/x/%2E%2e/check", "/v1/check"},
        {"/v1/x/.%2e/check", "/v1/check"},
        {"/v1/x%2F..%2Fcheck", "/v1/check"},
        {"/v1/%2563heck", "/v1/check"},
        {"/v1/%252563heck", "/v1/check"},
        {"/v1/%%363heck", "/v1/check"},
        {"/v1/%25%36%33heck", "/v1/check"},
        {"/v1%252Fcheck", "/v1/check"},
        {"/a%20b", "/a b"},
        {"/a b", "/a b"},
        {"/%C3%A9", "/\xC3\xA9"},
        {"/\xC3\xA9", "/\xC3\xA9"},
        {"/100%", "/100%"},
        {"/100%2", "/100%2"},
        {"/100%zz", "/100%zz"},
        {"/100%25", "/100%"},
        {"/%0", "/%0"},
        {"/a%3Fb", "/a?b"},
        {"/a;x=1/b", "/a;x=1/b"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.path);
      CHECK(canonical_path(row.path) == row.canonical);
      CHECK(is_canonical(row.path) == (row.path == row.canonical));
      CHECK(is_canonical(row.canonical));
    }
  }

  TEST_CASE("the form of a path is a form that stays") {
    rl::SeededRandom random(11);
    const std::string letters = "/.%25fFaA2eE";
    for (int i = 0; i < 20'000; ++i) {
      std::string path = "/";
      for (std::uint64_t length = random.below(16); length > 0; --length) {
        path += letters[random.below(letters.size())];
      }
      CAPTURE(path);
      const std::string canonical = canonical_path(path);
      REQUIRE(is_canonical(canonical));
      REQUIRE(canonical_path(canonical) == canonical);
      REQUIRE(is_canonical(path) == (path == canonical));
    }
  }

  TEST_CASE("a route is found by every spelling whichever the file uses") {
    const char* const spellings[] = {"/v1/check",      "/v1//check",  "/v1/./check",
                                     "/v1/x/../check", "/v1/%63heck", "/v1%2Fcheck",
                                     "/v1/%2563heck",  "//v1/check",  "/%2e%2e/v1/check"};
    for (const char* const in_file : spellings) {
      const auto policy = rl::parse_policy(
          kRouted + "[[routes]]\nmatch = \"GET " + in_file + "\"\ncost = 5\n", "t.toml");
      REQUIRE(policy.has_value());
      for (const char* const asked : spellings) {
        CAPTURE(in_file);
        CAPTURE(asked);
        CHECK(policy->match_route("GET", asked) == &policy->routes.front());
      }
      for (const char* const other : {"/v1/check/", "/v1/Check", "/v1", "/v1/check%25"}) {
        CAPTURE(other);
        CHECK(policy->match_route("GET", other) == nullptr);
      }
    }
  }

  TEST_CASE("everything below a path is found by every spelling") {
    const auto policy =
        rl::parse_policy(kRouted + "[[routes]]\nmatch = \"* /v1//%61/*\"\ncost = 5\n", "t.toml");
    REQUIRE(policy.has_value());
    for (const char* const path :
         {"/v1/a/", "/v1/a/b", "/v1/%61/b/c", "//v1/a/../a/b", "/v1%2Fa%2Fb"}) {
      CAPTURE(path);
      CHECK(policy->match_route("PUT", path) != nullptr);
    }
    for (const char* const path : {"/v1/a", "/v1/a/..", "/v1/a/../b", "/v1/a%2F..%2Fb"}) {
      CAPTURE(path);
      CHECK(policy->match_route("PUT", path) == nullptr);
    }
  }

  TEST_CASE("two spellings of one route are two of the same") {
    const auto policy = rl::parse_policy(kRouted +
                                             "[[routes]]\nmatch = \"GET /a%20b\"\ncost = 5\n"
                                             "[[routes]]\nmatch = \"GET /x/../a%20b\"\ncost = 6\n",
                                         "t.toml");
    REQUIRE_FALSE(policy.has_value());
    CHECK(policy.error().front().message == "a second route \"GET /x/../a%20b\"");
  }
}
