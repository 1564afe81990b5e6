#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/config/broken_file.h"

using namespace rl::test;

TEST_SUITE("config") {
  TEST_CASE("faults of a route are told") {
    check_all({
        {"routes = 1\n" + after_tiers(""),
         "tiers.toml:1:10: error: \"routes\" must be an array of tables, not an integer\n"
         "  write each as [[routes]]"},
        {"routes = { match = \"GET /\" }\n" + after_tiers(""),
         "tiers.toml:1:10: error: \"routes\" must be an array of tables, not a table\n"
         "  write each as [[routes]]"},
        {in_route("cost = 2\n"),
         "tiers.toml:5:1: error: \"match\" is missing\n"
         "  write it like match = \"POST /v1/transcribe\""},
        {in_route("match = 1\ncost = 2\n"),
         "tiers.toml:6:9: error: \"match\" must be a string, not an integer"},
        {in_route("match = \"GET /\"\n"),
         "tiers.toml:5:1: error: this route has neither a cost nor limits\n"
         "  add cost = 5 or [[routes.limits]]"},
        {in_route("match = \"GET /\"\ncost = 1.5\n"),
         "tiers.toml:7:8: error: \"cost\" must be an integer, not a float"},
        {in_route("match = \"GET /\"\ncost = -1\n"),
         "tiers.toml:7:8: error: \"cost\" must be 0 to 1000000, not -1"},
        {in_route("match = \"GET /\"\ncost = 1000001\n"),
         "tiers.toml:7:8: error: \"cost\" must be 0 to 1000000, not 1000001"},
        {in_route("match = \"GET /\"\nlimits = []\n"),
         "tiers.toml:7:10: error: \"limits\" is empty\n"
         "  write each as [[routes.limits]]"},
        {in_route("match = \"GET /\"\ncosts = 2\ncost = 2\n"),
         "tiers.toml:7:1: error: unknown key \"costs\"\n"
         "  did you mean \"cost\"?"},
        {in_route("match = \"GET /a\"\ncost = 2\n[[routes]]\nmatch = \"GET /a\"\ncost = 3\n"),
         "tiers.toml:9:9: error: a second route \"GET /a\"\n"
         "  the first is on line 6"},
    });
  }

  TEST_CASE("a match that is none is told") {
    struct Case {
      std::string_view match;
      std::string_view told;  ///< after the place
    };
    const std::string long_path(256, 'p');
    const std::string too_long = "GET /" + long_path;
    const Case table[] = {
        {"/v1/x",
         "\"/v1/x\" is not a method and a path\n"
         "  write it like \"POST /v1/transcribe\" or \"* /v1/*\""},
        {"",
         "\"\" is not a method and a path\n"
         "  write it like \"POST /v1/transcribe\" or \"* /v1/*\""},
        {"post /v1/x", "unknown method \"post\"\n  did you mean \"POST\"?"},
        {"PTACH /v1/x", "unknown method \"PTACH\"\n  did you mean \"PATCH\"?"},
        {" /v1/x",
         "unknown method \"\"\n"
         "  valid here: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, CONNECT, *"},
        {"GET v1/x", "the path \"v1/x\" does not start with \"/\""},
        {"GET ", "the path \"\" does not start with \"/\""},
        {"* *", "the path \"*\" does not start with \"/\""},
        {"GET  /v1/x",
         "the path \" /v1/x\" contains white space\n"
         "  write one space between method and path, and %20 inside the path"},
        {"GET /v1/x?y=1",
         "the path \"/v1/x?y=1\" contains \"?\" or \"#\"\n"
         "  a match is made without the query"},
        {"GET /v1/\u00e9",
         "the path \"/v1/\u00e9\" is not plain ASCII\n"
         "  write it percent-encoded, as clients send it"},
        {"GET /v1/*/x", "the path \"/v1/*/x\" has a \"*\" that is not a trailing \"/*\""},
        {"GET /v1*", "the path \"/v1*\" has a \"*\" that is not a trailing \"/*\""},
        {"GET /*/*", "the path \"/*/*\" has a \"*\" that is not a trailing \"/*\""},
        {too_long, "a match of 261 bytes is too long: at most 256"},
    };
    for (const Case& c : table) {
      CAPTURE(c.match);
      CHECK(told_about(in_route("match = \"" + std::string(c.match) + "\"\ncost = 2\n")) ==
            "tiers.toml:6:9: error: " + std::string(c.told));
    }
  }
}
