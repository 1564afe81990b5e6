#include "rl/http/credential.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

httplib::Request with(const std::vector<std::pair<std::string, std::string>>& headers) {
  httplib::Request request;
  for (const auto& [name, value] : headers) {
    request.headers.emplace(name, value);
  }
  return request;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("the API key of a request is where it says and there is only one") {
    struct Row {
      std::string what;
      std::vector<std::pair<std::string, std::string>> headers;
      std::string key;  ///< empty: refused
      int status = 0;   ///< of the refusal
    };
    const Row rows[] = {
        {"X-API-Key", {{"X-API-Key", "k1"}}, "k1"},
        {"the name in another case", {{"x-api-key", "k1"}}, "k1"},
        {"Bearer", {{"Authorization", "Bearer k1"}}, "k1"},
        {"the scheme in lower case", {{"Authorization", "bearer k1"}}, "k1"},
        {"the scheme in upper case", {{"Authorization", "BEARER k1"}}, "k1"},
        {"several spaces after the scheme", {{"Authorization", "Bearer   k1"}}, "k1"},
        {"a key in upper case stays so", {{"Authorization", "bearer Key"}}, "Key"},
        {"the same in both", {{"X-API-Key", "k1"}, {"Authorization", "Bearer k1"}}, "k1"},
        {"twice the same field", {{"X-API-Key", "k1"}, {"X-API-Key", "k1"}}, "k1"},
        {"an empty field beside a key", {{"X-API-Key", ""}, {"Authorization", "Bearer k1"}}, "k1"},
        {"another scheme beside", {{"X-API-Key", "k1"}, {"Authorization", "Basic eDp5"}}, "k1"},
        {"two different", {{"X-API-Key", "k1"}, {"Authorization", "Bearer k2"}}, "", 400},
        {"two different fields", {{"X-API-Key", "k1"}, {"X-API-Key", "k2"}}, "", 400},
        {"two different bearers",
         {{"Authorization", "Bearer k1"}, {"Authorization", "Bearer k2"}},
         "",
         400},
        {"two different and the first again",
         {{"X-API-Key", "k1"}, {"X-API-Key", "k2"}, {"Authorization", "Bearer k1"}},
         "",
         400},
        {"two different and the second again",
         {{"X-API-Key", "k1"}, {"X-API-Key", "k2"}, {"X-API-Key", "k2"}},
         "",
         400},
        {"two different bearers and the second again",
         {{"Authorization", "Bearer k1"},
          {"Authorization", "Bearer k2"},
          {"Authorization", "Bearer k2"}},
         "",
         400},
        {"two different beside another scheme",
         {{"X-API-Key", "k1"}, {"X-API-Key", "k2"}, {"Authorization", "Basic eDp5"}},
         "",
         400},
        {"keys that differ in case", {{"X-API-Key", "k"}, {"X-API-Key", "K"}}, "", 400},
        {"none", {}, "", 401},
        {"an empty key", {{"X-API-Key", ""}}, "", 401},
        {"an empty bearer", {{"Authorization", "Bearer "}}, "", 401},
        {"a scheme alone", {{"Authorization", "Bearer"}}, "", 401},
        {"no space after the scheme", {{"Authorization", "Bearerk1"}}, "", 401},
        {"no scheme", {{"Authorization", "k1"}}, "", 401},
        {"another scheme", {{"Authorization", "Basic eDp5"}}, "", 401},
    };
    for (const Row& row : rows) {
      CAPTURE(row.what);
      const auto key = rl::http::api_key_of(with(row.headers));
      REQUIRE(key.has_value() == !row.key.empty());
      if (key) {
        CHECK(*key == row.key);
      } else {
        CHECK(key.error().status == row.status);
        CHECK_FALSE(key.error().detail.empty());
      }
    }
  }

  TEST_CASE("a refusal never repeats a key") {
    const auto key =
        rl::http::api_key_of(with({{"X-API-Key", "secret-a"}, {"X-API-Key", "secret-b"}}));
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().detail.find("secret") == std::string::npos);
  }

  TEST_CASE("an admin token comes as a bearer token alone") {
    CHECK(rl::http::bearer_token_of(with({{"Authorization", "Bearer t"}})) == "t");
    CHECK(rl::http::bearer_token_of(with({{"Authorization", "Basic t"}})).empty());
    CHECK(rl::http::bearer_token_of(with({{"X-API-Key", "t"}})).empty());
    CHECK(rl::http::bearer_token_of(with({})).empty());
  }
}
