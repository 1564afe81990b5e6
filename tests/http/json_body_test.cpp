#include "rl/http/json_body.h"

#include <doctest/doctest.h>

using rl::http::JsonBody;

namespace {

constexpr std::int64_t kMost = 1000;

/// What a body that may have "name" (at most 5 bytes), "count" (1 to 1000) and "flag" comes to.
std::optional<rl::http::Problem> read(const std::string& text) {
  JsonBody body(text);
  static_cast<void>(body.text("name", 5));
  static_cast<void>(body.integer("count", 1, kMost));
  static_cast<void>(body.boolean("flag"));
  return body.finish();
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("members are read by name whatever their order") {
    JsonBody body(R"( {"flag": false, "count": 1000, "name": "12345"} )");
    CHECK(body.text("name", 5) == "12345");
    CHECK(body.integer("count", 1, kMost) == 1000);
    CHECK(body.boolean("flag") == false);
    CHECK_FALSE(body.finish().has_value());
  }

  TEST_CASE("a member that is absent or null is nothing and no fault") {
    for (const std::string text : {"{}", R"({"name":null,"count":null,"flag":null})"}) {
      JsonBody body(text);
      CHECK_FALSE(body.text("name", 5).has_value());
      CHECK_FALSE(body.integer("count", 1, kMost).has_value());
      CHECK_FALSE(body.boolean("flag").has_value());
      CHECK_FALSE(body.finish().has_value());
    }
  }

  TEST_CASE("the edges of a range belong to it") {
    const std::string least = std::to_string(INT64_MIN);
    const std::string most = std::to_string(INT64_MAX);
    JsonBody body("{\"a\":" + least + ",\"b\":" + most + ",\"c\":1}");
    CHECK(body.integer("a", INT64_MIN, INT64_MAX) == INT64_MIN);
    CHECK(body.integer("b", 0, INT64_MAX) == INT64_MAX);
    CHECK(body.integer("c", 1, 1) == 1);
    CHECK_FALSE(body.finish().has_value());
  }

  TEST_CASE("every fault has its status and says what would be right") {
    struct Row {
      std::string body;
      int status;
      std::string detail;
    };
    const Row rows[] = {
        {"", 400, "the body is missing: send a JSON object"},
        {"{", 400, "the body is not a JSON object"},
        {"{}x", 400, "the body is not a JSON object"},
        {"{'name':1}", 400, "the body is not a JSON object"},
        {"{\"name\":\"\xff\"}", 400, "the body is not UTF-8"},
        {"null", 400, "the body is not a JSON object"},
        {"[]", 400, "the body is not a JSON object"},
        {"[{\"name\":\"a\"}]", 400, "the body is not a JSON object"},
        {"\"name\"", 400, "the body is not a JSON object"},
        {"7", 400, "the body is not a JSON object"},
        {R"({"name":7})", 422, "\"name\" is a string of at most 5 bytes"},
        {R"({"name":["a"]})", 422, "\"name\" is a string of at most 5 bytes"},
        {R"({"name":"123456"})", 422, "\"name\" is a string of at most 5 bytes"},
        {R"({"count":"7"})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":0})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":-1})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":1001})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":7.0})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":1e2})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":true})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":9223372036854775808})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":18446744073709551615})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"count":18446744073709551617})", 422, "\"count\" is a whole number from 1 to 1000"},
        {R"({"flag":1})", 422, "\"flag\" is true or false"},
        {R"({"flag":"true"})", 422, "\"flag\" is true or false"},
        {R"({"cuont":7})", 422, "\"cuont\" is not known here; did you mean \"count\"?"},
        {R"({"Name":"a"})", 422, "\"Name\" is not known here; did you mean \"name\"?"},
        {"{\"" + std::string(63, 'k') + "\u00e9\":1}", 422,
         "\"" + std::string(63, 'k') + "\" is not known here"},
        {R"({"colour":"red"})", 422, "\"colour\" is not known here"},
        {R"({"colour":null})", 422, "\"colour\" is not known here"},
        {R"({"count":7,"count":7})", 422, "\"count\" is given twice"},
        {R"({"name":"a","count":1,"name":"b"})", 422, "\"name\" is given twice"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.body);
      const auto problem = read(row.body);
      REQUIRE(problem.has_value());
      CHECK(problem->status == row.status);
      CHECK(problem->detail == row.detail);
    }
  }

  TEST_CASE("a name that occurs again further inside is no repetition") {
    JsonBody body(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})");
    body.reject("seen");  // inner values are no concern here
    CHECK(body.finish()->detail == "seen");
  }

  TEST_CASE("the first fault is the one that is told") {
    CHECK(read(R"({"count":0,"name":7})")->detail == "\"name\" is a string of at most 5 bytes");
    JsonBody body(R"({"colour":1})");
    body.reject("mine");
    body.reject("too late");
    CHECK(body.finish()->detail == "mine");
    CHECK(body.finish()->status == 422);
    JsonBody broken("[]");
    broken.reject("too late");
    CHECK(broken.finish()->status == 400);
  }

  TEST_CASE("a value that is too large for its type is not read as another") {
    JsonBody body(R"({"count":18446744073709551615})");
    CHECK_FALSE(body.integer("count", INT64_MIN, INT64_MAX).has_value());
    CHECK(body.finish().has_value());
  }

  TEST_CASE("a body as deep as it can be is no danger") {
    const std::string deep(30'000, '[');
    CHECK(read(deep)->status == 400);
    CHECK(read("{\"name\":" + deep + std::string(30'000, ']') + "}")->status == 422);
  }
}
