#include "rl/client/record_rows.h"

#include <doctest/doctest.h>

using rl::client::CsvHeader;
using rl::client::Json;
using rl::client::rows_of;
using rl::client::to_csv;

TEST_SUITE("client") {
  TEST_CASE("the rows of a document are the elements of its list or the document itself") {
    const Json document = {{"users", Json::array({{{"id", 1}}, {{"id", 2}}})}, {"next", nullptr}};
    CHECK(rows_of(document, "users").size() == 2);
    CHECK(rows_of(document, "users")[1]["id"] == 2);
    CHECK(rows_of(document, "") == std::vector<Json>{document});
    CHECK(rows_of(document, "next") == std::vector<Json>{document});
    CHECK(rows_of({{"users", Json::array()}}, "users").empty());
  }

  TEST_CASE("CSV has a column for each member that some row has") {
    const std::vector<Json> rows = {Json{{"id", 1}, {"name", "alice"}},
                                    Json{{"id", 2}, {"tier", "pro"}, {"name", nullptr}}};
    CHECK(to_csv(rows) == "id,name,tier\n1,alice,\n2,,pro\n");
    CHECK(to_csv(rows, CsvHeader::kNo) == "1,alice,\n2,,pro\n");
    CHECK(to_csv({}).empty());
  }

  TEST_CASE("what is nested in a row has columns named by its path") {
    const Json row = {{"health", {{"state", "NORMAL"}}},
                      {"limits", Json::array({{{"name", "1m"}, {"base", 10}}})},
                      {"by_tier", {{"a/b", true}, {"c~d", 0.5}}},
                      {"none", Json::array()}};
    CHECK(to_csv({row}) ==
          "health.state,limits.0.name,limits.0.base,by_tier.a/b,by_tier.c~d,none\n"
          "NORMAL,1m,10,true,0.5,\n");
  }

  TEST_CASE("a field of CSV neither breaks its line nor commands the terminal") {
    const auto field_of = [](const char* text) { return to_csv({Json{{"a", text}}}).substr(2); };
    CHECK(field_of("plain") == "plain\n");
    CHECK(field_of("a,b") == "\"a,b\"\n");
    CHECK(field_of("say \"no\"") == "\"say \"\"no\"\"\"\n");
    CHECK(field_of(" led by space") == "\" led by space\"\n");
    CHECK(field_of("two\r\nlines") == "two??lines\n");
    CHECK(field_of("\x1b[2J") == "?[2J\n");
  }
}
