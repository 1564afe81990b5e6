#include "rl/config/policy.h"

#include <doctest/doctest.h>

#include <string>

#include "rl/config/policy_file.h"

namespace {

/// A policy with a route for each match.
rl::Policy policy_with(std::initializer_list<std::string_view> matches) {
  std::string text = "version = 1\ndefault_tier = \"a\"\ntiers.a.unlimited = true\n";
  for (const std::string_view match : matches) {
    text += "[[routes]]\nmatch = \"" + std::string(match) + "\"\ncost = 1\n";
  }
  const auto policy = rl::parse_policy(text, "tiers.toml");
  REQUIRE(policy.has_value());
  return *policy;
}

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("the longest match wins then the exact path then the named method") {
    const rl::Policy policy =
        policy_with({"* /v1/*", "GET /v1/*", "POST /v1/x", "* /v1/x", "GET /v1/x/y/*", "* /v1/",
                     "HEAD /h/*", "GET /h/only", "GET /h/*", "* /both/*", "GET /both/"});
    struct Case {
      std::string_view method;
      std::string_view path;
      std::string_view match;  ///< empty: none
    };
    const Case table[] = {
        {"POST", "/v1/x", "POST /v1/x"},  // exact and named
        {"GET", "/v1/x", "* /v1/x"},      // longer than GET /v1/*
        {"PUT", "/v1/x", "* /v1/x"},      // the sign for all methods
        {"GET", "/v1/z", "GET /v1/*"},    // named before *
        {"PUT", "/v1/z", "* /v1/*"},      //
        {"PUT", "/v1/x/y", "* /v1/*"},    // below any depth
        {"GET", "/v1/x/y", "GET /v1/*"},  // not /v1/x/y/*: not itself
        {"GET", "/v1/x/y/z", "GET /v1/x/y/*"},
        {"PUT", "/v1/x/y/z", "* /v1/*"},
        {"GET", "/v1", ""},                  // not below itself
        {"GET", "/v1x", ""},                 // a segment ends at the slash
        {"PUT", "/v1/", "* /v1/"},           // exact before below of the same length
        {"GET", "/v1/", "* /v1/"},           // also where the other names the method
        {"GET", "/both/", "GET /both/"},     //
        {"PUT", "/both/", "* /both/*"},      //
        {"HEAD", "/v1/z", "GET /v1/*"},      // HEAD takes the route of GET
        {"HEAD", "/h/z", "HEAD /h/*"},       // its own first
        {"HEAD", "/h/only", "GET /h/only"},  // but the longest match before all
        {"GET", "/h/z", "GET /h/*"},         // never the other way round
        {"get", "/h/z", ""},                 // methods are case-sensitive
        {"GET", "/V1/z", ""},                // and so are paths
        {"GET", "", ""},
    };
    for (const Case& c : table) {
      CAPTURE(c.method);
      CAPTURE(c.path);
      const rl::Route* const route = policy.match_route(c.method, c.path);
      CHECK((route == nullptr ? std::string_view{} : route->match) == c.match);
    }
  }

  TEST_CASE("a route for everything matches the root as well") {
    const rl::Policy policy = policy_with({"* /*"});
    for (const std::string_view path : {"/", "/a", "/a/b", "/a/"}) {
      CAPTURE(path);
      CHECK(policy.match_route("GET", path) != nullptr);
    }
  }

  TEST_CASE("without routes nothing matches") {
    CHECK(policy_with({}).match_route("GET", "/") == nullptr);
  }

  TEST_CASE("a tier is found by its exact name") {
    rl::Policy policy;
    policy.tiers.resize(2);
    policy.tiers[0].name = "free";
    policy.tiers[1].name = "pro";
    CHECK(policy.find_tier("pro") == &policy.tiers[1]);
    CHECK(policy.find_tier("Pro") == nullptr);
    CHECK(policy.find_tier("") == nullptr);
  }
}
