#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/config/broken_file.h"

using namespace rl::test;

TEST_SUITE("config") {
  TEST_CASE("faults of the window and of the numbers are told") {
    check_all({
        {in_limit("base = 1\n"), "tiers.toml:3:1: error: \"window\" is missing"},
        {in_limit("window = 60\nbase = 1\n"),
         "tiers.toml:4:10: error: \"window\" must be a string, not an integer"},
        {in_limit("window = \"1 min\"\nbase = 1\n"),
         "tiers.toml:4:10: error: \"1 min\" is not a duration\n"
         "  write a whole number and a unit, such as 500ms, 30s, 1m, 2h or 7d"},
        {in_limit("window = \"99ms\"\nbase = 1\n"),
         "tiers.toml:4:10: error: \"window\" must be 100ms to 31d, not \"99ms\""},
        {in_limit("window = \"32d\"\nbase = 1\n"),
         "tiers.toml:4:10: error: \"window\" must be 100ms to 31d, not \"32d\""},
        {in_limit("window = \"1s\"\n"), "tiers.toml:3:1: error: \"base\" is missing"},
        {in_limit("window = \"1s\"\nbase = 1.0\n"),
         "tiers.toml:5:8: error: \"base\" must be an integer, not a float"},
        {in_limit("window = \"1s\"\nbase = -1\n"),
         "tiers.toml:5:8: error: \"base\" must be 0 to 4000000000, not -1"},
        {in_limit("window = \"1s\"\nbase = 1\nburst = 4000000001\n"),
         "tiers.toml:6:9: error: \"burst\" must be 0 to 4000000000, not 4000000001"},
        {in_limit("window = \"1s\"\nbase = 1\ndegraded = \"0\"\n"),
         "tiers.toml:6:12: error: \"degraded\" must be an integer, not a string"},
        {in_limit("window = \"1s\"\nbase = 10\nburst = 9\n"),
         "tiers.toml:6:9: error: burst 9 is smaller than base 10\n"
         "  it must hold that 0 <= degraded <= base <= burst"},
        {in_limit("window = \"1s\"\nbase = 10\ndegraded = 11\n"),
         "tiers.toml:6:12: error: degraded 11 is larger than base 10\n"
         "  it must hold that 0 <= degraded <= base <= burst"},
    });
  }

  TEST_CASE("faults of the other keys of a limit are told") {
    check_all({
        {in_limit("window = \"1s\"\nbase = 1\nbrust = 2\n"),
         "tiers.toml:6:1: error: unknown key \"brust\"\n"
         "  did you mean \"burst\"?"},
        {in_limit("window = \"1s\"\nbase = 1\nenforce = \"no\"\n"),
         "tiers.toml:6:11: error: \"enforce\" must be a boolean, not a string"},
        {in_limit("window = \"1s\"\nbase = 1\nscope = \"usr\"\n"),
         "tiers.toml:6:9: error: unknown scope \"usr\"\n"
         "  did you mean \"user\"?"},
        {in_limit("window = \"1s\"\nbase = 1\nscope = \"route\"\n"),
         "tiers.toml:6:9: error: scope \"route\" makes no sense in a tier\n"
         "  valid here: key, user, tier, global"},
        {after_tiers("[[global.limits]]\nwindow = \"1s\"\nbase = 1\nscope = \"key\"\n"),
         "tiers.toml:8:9: error: scope \"key\" makes no sense in [global]\n"
         "  valid here: global"},
        {in_limit("window = \"1s\"\nbase = 1\nalgorithm = \"leaky\"\n"),
         "tiers.toml:6:13: error: unknown algorithm \"leaky\"\n"
         "  valid here: sliding_window, sliding_counter, token_bucket, fixed_window"},
        {in_limit("window = \"1s\"\nbase = 1\nalgorithm = \"tokenbucket\"\n"),
         "tiers.toml:6:13: error: unknown algorithm \"tokenbucket\"\n"
         "  did you mean \"token_bucket\"?"},
        {in_limit("window = \"1s\"\nbase = 100001\n"),
         "tiers.toml:5:8: error: an exact sliding_window cannot count up to 100001: at most "
         "100000\n"
         "  set algorithm = \"sliding_counter\" or \"token_bucket\""},
        {in_limit("window = \"1s\"\nbase = 1\nburst = 200000\nalgorithm = \"sliding_window\"\n"),
         "tiers.toml:6:9: error: an exact sliding_window cannot count up to 200000: at most "
         "100000\n"
         "  set algorithm = \"sliding_counter\" or \"token_bucket\""},
    });
  }

  TEST_CASE("faults of the names of limits are told") {
    check_all({
        {in_limit("window = \"1s\"\nbase = 1\nname = 1\n"),
         "tiers.toml:6:8: error: \"name\" must be a string, not an integer"},
        {in_limit("window = \"1s\"\nbase = 1\nname = \"\"\n"),
         "tiers.toml:6:8: error: \"\" is not a limit's name\n"
         "  use a-z, 0-9, \"_\", \"-\" and \".\", first a letter or digit, at most 31 bytes"},
        {in_limit("window = \"1s\"\nbase = 1\nname = \"per minute\"\n"),
         "tiers.toml:6:8: error: \"per minute\" is not a limit's name\n"
         "  use a-z, 0-9, \"_\", \"-\" and \".\", first a letter or digit, at most 31 bytes"},
        {in_limit("window = \"0000000000000000000000000000001m\"\nbase = 1\nname = \"n\"\n"), ""},
        {in_limit("window = \"00000000000000000000000000000001m\"\nbase = 1\n"),
         "tiers.toml:4:10: error: \"00000000000000000000000000000001m\" is not a limit's name\n"
         "  use a-z, 0-9, \"_\", \"-\" and \".\", first a letter or digit, at most 31 bytes"},
        {in_limit("window = \"1m\"\nbase = 1\n[[tiers.free.limits]]\nwindow = \"1m\"\nbase = 2\n"),
         "tiers.toml:7:10: error: a second limit named \"1m\"\n"
         "  the first is on line 4; give this one a \"name\" of its own"},
        {in_limit("window = \"1m\"\nbase = 1\n[[tiers.free.limits]]\nwindow = \"1h\"\nbase = 2\n"
                  "name = \"1m\"\n"),
         "tiers.toml:9:8: error: a second limit named \"1m\"\n"
         "  the first is on line 4; give this one a \"name\" of its own"},
    });
  }

  TEST_CASE("more limits on one request than are possible are told where they become too many") {
    const std::string free = "[tiers.free]\n" + limits("[[tiers.free.limits]]", 10);  // 41 lines
    const std::string global = limits("[[global.limits]]", 4);                        // 16 lines
    const std::string route = "[[routes]]\nmatch = \"GET /\"\n";
    const std::string pro = "[tiers.pro]\n" + limits("[[tiers.pro.limits]]", 13);
    check_all({
        {kHead + free + global + route + limits("[[routes.limits]]", 2), ""},
        {kHead + free + global + route + limits("[[routes.limits]]", 3),
         "tiers.toml:60:1: error: this route puts a request under 17 limits: at most 16\n"
         "  3 of the route and 14 of [global] and the largest tier"},
        {kHead + free + global + pro + route + limits("[[routes.limits]]", 2),
         "tiers.toml:60:1: error: tier \"pro\" puts a request under 17 limits: at most 16\n"
         "  13 of the tier and 4 of [global]"},
        {after_tiers(global + route + limits("[[routes.limits]]", 13)),
         "tiers.toml:21:1: error: this route puts a request under 17 limits: at most 16\n"
         "  13 of the route and 4 of [global] and the largest tier"},
        {kHead + global + route + limits("[[routes.limits]]", 13) + "[tiers.free]\n" +
             limits("[[tiers.free.limits]]", 13),
         "tiers.toml:19:1: error: this route puts a request under 17 limits: at most 16\n"
         "  13 of the route and 4 of [global] and the largest tier\n"
         "tiers.toml:73:1: error: tier \"free\" puts a request under 17 limits: at most 16\n"
         "  13 of the tier and 4 of [global]"},
        {kHead + free + limits("[[global.limits]]", 17),
         "tiers.toml:44:1: error: [global] puts a request under 17 limits: at most 16"},
    });
  }
}
