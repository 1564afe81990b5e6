#include "rl/http/problem.h"

#include <doctest/doctest.h>

TEST_SUITE("http") {
  TEST_CASE("a problem document has its members in the order of RFC 9457 and then its own") {
    httplib::Response response;
    response.set_header("Retry-After", "7");
    rl::http::answer(response, {.status = 429,
                                .title = "Quota exceeded",
                                .detail = "wait",
                                .type = "https://example.org/quota",
                                .members = {{"retry_after_seconds", 7}}});
    CHECK(response.status == 429);
    CHECK(response.get_header_value("Content-Type") == "application/problem+json");
    CHECK(response.get_header_value_count("Content-Type") == 1);
    CHECK(response.get_header_value("Retry-After") == "7");
    CHECK(response.body ==
          R"({"type":"https://example.org/quota","title":"Quota exceeded","status":429,)"
          R"("detail":"wait","retry_after_seconds":7})"
          "\n");
  }

  TEST_CASE("a problem without a title of its own has that of its status") {
    httplib::Response response;
    rl::http::answer(response, {.status = 404, .title = {}, .detail = "nothing"});
    CHECK(response.body ==
          R"({"type":"about:blank","title":"Not Found","status":404,"detail":"nothing"})"
          "\n");
  }

  TEST_CASE("each status that is answered here has the title of the IANA registry") {
    struct Row {
      int status;
      std::string title;
    };
    const Row rows[] = {{400, "Bad Request"},
                        {401, "Unauthorized"},
                        {403, "Forbidden"},
                        {404, "Not Found"},
                        {405, "Method Not Allowed"},
                        {413, "Content Too Large"},
                        {414, "URI Too Long"},
                        {416, "Range Not Satisfiable"},
                        {422, "Unprocessable Content"},
                        {429, "Too Many Requests"},
                        {500, "Internal Server Error"},
                        {503, "Service Unavailable"},
                        {299, "Error"},
                        {599, "Error"}};
    for (const Row& row : rows) {
      CAPTURE(row.status);
      CHECK(row.title == rl::http::title_of(row.status));
    }
  }

  TEST_CASE("bytes that are not UTF-8 are replaced and never an exception") {
    httplib::Response response;
    rl::http::answer_json(response, 201, {{"name", "a\xff\"\n"}});
    CHECK(response.status == 201);
    CHECK(response.get_header_value("Content-Type") == "application/json");
    CHECK(response.body == "{\"name\":\"a\xEF\xBF\xBD\\\"\\n\"}\n");
  }
}
