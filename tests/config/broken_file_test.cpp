#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/config/broken_file.h"

using namespace rl::test;

TEST_SUITE("config") {
  TEST_CASE("a fault of syntax is told where it stands") {
    check_all({
        {"version = \n",
         "tiers.toml:1:11: error: invalid TOML in key-value pair: expected value, saw '\\n'"},
        {"version = 1\n[tiers.free\n",
         "tiers.toml:2:12: error: invalid TOML in table header: expected ']', saw '\\n'"},
        {"version = 1\nversion = 1\n",
         "tiers.toml:2:11: error: invalid TOML in key-value pair: cannot redefine existing integer "
         "'version'"},
        {"x = \"\xff\"\n",
         "tiers.toml:1:5: error: invalid TOML: Encountered invalid utf-8 sequence"},
    });
  }

  TEST_CASE("faults of the document are told") {
    check_all({
        {"",
         "tiers.toml:1:1: error: \"version\" is missing\n"
         "  add version = 1\n"
         "tiers.toml:1:1: error: \"default_tier\" is missing\n"
         "  it names the tier of a user created without one\n"
         "tiers.toml:1:1: error: \"tiers\" is missing\n"
         "  add one: [tiers.free]"},
        {"version = \"1\"\ndefault_tier = \"a\"\ntiers.a.unlimited = true\n",
         "tiers.toml:1:11: error: \"version\" must be an integer, not a string"},
        {"version = 2\ndefault_tier = \"a\"\ntiers.a.unlimited = true\n",
         "tiers.toml:1:11: error: version 2 is unknown\n"
         "  this program reads version 1"},
        {"version = 1\ndefault_tier = \"a\"\ntiers.a.unlimited = true\nlimits = 3\n",
         "tiers.toml:4:1: error: unknown key \"limits\"\n"
         "  valid here: version, default_tier, tiers, anonymous, global, routes"},
        {"\"" + std::string(62, 'k') + "\\t\u00e9\" = 1\n" + after_tiers(""),
         "tiers.toml:1:1: error: unknown key "
         "\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\\t\"...\n"
         "  valid here: version, default_tier, tiers, anonymous, global, routes"},
        {"version = 1\ntiers.a.unlimited = true\n",
         "tiers.toml:1:1: error: \"default_tier\" is missing\n"
         "  it names the tier of a user created without one"},
        {"version = 1\ndefault_tier = 1979-05-27\ntiers.a.unlimited = true\n",
         "tiers.toml:2:16: error: \"default_tier\" must be a string, not a date"},
        {"version = 1\ndefault_tier = \"fre\"\ntiers.free.unlimited = true\n",
         "tiers.toml:2:16: error: unknown tier \"fre\"\n"
         "  did you mean \"free\"?"},
        {"version = 1\ndefault_tier = \"gold\"\ntiers.free.unlimited = true\n",
         "tiers.toml:2:16: error: unknown tier \"gold\"\n"
         "  valid here: free"},
        {"version = 1\ndefault_tier = \"a\"\ntiers = {}\n",
         "tiers.toml:3:9: error: there is no tier\n"
         "  add one: [tiers.free]"},
        {"version = 1\ndefault_tier = \"a\"\n[[tiers]]\nname = \"a\"\n",
         "tiers.toml:3:1: error: \"tiers\" must be a table, not an array\n"
         "  write it as [tiers.free]"},
        {after_tiers("[anonymous]\n"),
         "tiers.toml:5:1: error: \"tier\" is missing\n"
         "  it names the tier of callers without a key"},
        {after_tiers("[anonymous]\ntier = \"Free\"\nteir = 1\n"),
         "tiers.toml:6:8: error: unknown tier \"Free\"\n"
         "  did you mean \"free\"?\n"
         "tiers.toml:7:1: error: unknown key \"teir\"\n"
         "  did you mean \"tier\"?"},
        {"anonymous = true\n" + after_tiers(""),
         "tiers.toml:1:13: error: \"anonymous\" must be a table, not a boolean\n"
         "  write it as [anonymous]"},
        {after_tiers("[global]\n"),
         "tiers.toml:5:1: error: \"limits\" is missing\n"
         "  write each as [[global.limits]]"},
        {after_tiers("[[global.limit]]\n"),
         "tiers.toml:5:1: error: \"limits\" is missing\n"
         "  write each as [[global.limits]]\n"
         "tiers.toml:5:10: error: unknown key \"limit\"\n"
         "  did you mean \"limits\"?"},
    });
  }

  TEST_CASE("faults of a tier are told") {
    check_all({
        {in_tier(""),
         "tiers.toml:3:1: error: tier \"free\" has no limits\n"
         "  add [[tiers.free.limits]] or unlimited = true"},
        {in_tier("unlimited = false\n"),
         "tiers.toml:3:1: error: tier \"free\" has no limits\n"
         "  add [[tiers.free.limits]] or unlimited = true"},
        {in_tier("unlimited = 1\nlimits = [{ window = \"1s\", base = 1 }]\n"),
         "tiers.toml:4:13: error: \"unlimited\" must be a boolean, not an integer"},
        {in_tier("unlimited = true\nlimits = [{ window = \"1s\", base = 1 }]\n"),
         "tiers.toml:4:13: error: tier \"free\" is unlimited and has limits\n"
         "  keep one of the two"},
        {in_tier("limits = []\n"),
         "tiers.toml:4:10: error: \"limits\" is empty\n"
         "  write each as [[tiers.free.limits]]"},
        {in_tier("limits = 10\n"),
         "tiers.toml:4:10: error: \"limits\" must be an array of tables, not an integer\n"
         "  write each as [[tiers.free.limits]]"},
        {in_tier("[tiers.free.limits]\nwindow = \"1s\"\nbase = 1\n"),
         "tiers.toml:4:1: error: \"limits\" must be an array of tables, not a table\n"
         "  write each as [[tiers.free.limits]]"},
        {in_tier("limits = [{ window = \"1s\", base = 1 }, 12:00:00]\n"),
         "tiers.toml:4:40: error: \"limits\" must hold tables only, not a time\n"
         "  write each as [[tiers.free.limits]]"},
        {in_tier("unlimited = true\nshed_order = \"first\"\n"),
         "tiers.toml:5:14: error: \"shed_order\" must be an integer, not a string"},
        {in_tier("unlimited = true\nshed_order = 1001\n"),
         "tiers.toml:5:14: error: \"shed_order\" must be 0 to 1000, not 1001"},
        {in_tier("unlimited = true\nshed_order = -1\n"),
         "tiers.toml:5:14: error: \"shed_order\" must be 0 to 1000, not -1"},
        {in_tier("unlimited = true\non_store_failure = \"panic\"\n"),
         "tiers.toml:5:20: error: \"panic\" is no way without a store\n"
         "  use \"local\", \"open\" or \"closed\""},
        {in_tier("unlimited = true\ndescription = []\n"),
         "tiers.toml:5:15: error: \"description\" must be a string, not an array"},
        {in_tier("unlimited = true\nshed-order = 1\n"),
         "tiers.toml:5:1: error: unknown key \"shed-order\"\n"
         "  did you mean \"shed_order\"?"},
        {after_tiers("[tiers.Pro]\nunlimited = true\n"),
         "tiers.toml:5:8: error: \"Pro\" is not a tier's name\n"
         "  use a-z, 0-9, \"_\" and \"-\", first a letter or digit, at most 31 bytes"},
        {after_tiers("[tiers.\"a\\u001b\"]\n"),
         "tiers.toml:5:1: error: tier \"a\\x1b\" has no limits\n"
         "  add [[tiers.\"a\\x1b\".limits]] or unlimited = true\n"
         "tiers.toml:5:8: error: \"a\\x1b\" is not a tier's name\n"
         "  use a-z, 0-9, \"_\" and \"-\", first a letter or digit, at most 31 bytes"},
        {"version = 1\ndefault_tier = \"gold\"\n[tiers.\"\\u001b\"]\nunlimited = true\n"
         "[tiers.free]\nunlimited = true\n",
         "tiers.toml:2:16: error: unknown tier \"gold\"\n"
         "  valid here: free\n"
         "tiers.toml:3:8: error: \"\\x1b\" is not a tier's name\n"
         "  use a-z, 0-9, \"_\" and \"-\", first a letter or digit, at most 31 bytes"},
        {after_tiers("[tiers." + std::string(33, 'n') + "]\nunlimited = true\n"),
         "tiers.toml:5:8: error: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\" is not a tier's name\n"
         "  use a-z, 0-9, \"_\" and \"-\", first a letter or digit, at most 31 bytes"},
        {std::string(kHead) + "[tiers]\nfree = 10\n",
         "tiers.toml:4:8: error: \"free\" must be a table, not an integer"},
    });
  }

  TEST_CASE("all faults of a file are told together in the order of its lines") {
    CHECK(told_about(R"([[routes]]
match = "get /v1/*"
cost = -5

[tiers.pro]
shed_order = 5000
[[tiers.pro.limits]]
window = "1min"
base = 10
burst = 5
degraded = 20
scopes = "key"

[tiers.free]

[anonymous]
tier = "premium"
)") == "tiers.toml:1:1: error: \"version\" is missing\n"
       "  add version = 1\n"
       "tiers.toml:1:1: error: \"default_tier\" is missing\n"
       "  it names the tier of a user created without one\n"
       "tiers.toml:2:9: error: unknown method \"get\"\n"
       "  did you mean \"GET\"?\n"
       "tiers.toml:3:8: error: \"cost\" must be 0 to 1000000, not -5\n"
       "tiers.toml:6:14: error: \"shed_order\" must be 0 to 1000, not 5000\n"
       "tiers.toml:8:10: error: \"1min\" is not a duration\n"
       "  write a whole number and a unit, such as 500ms, 30s, 1m, 2h or 7d\n"
       "tiers.toml:10:9: error: burst 5 is smaller than base 10\n"
       "  it must hold that 0 <= degraded <= base <= burst\n"
       "tiers.toml:11:12: error: degraded 20 is larger than base 10\n"
       "  it must hold that 0 <= degraded <= base <= burst\n"
       "tiers.toml:12:1: error: unknown key \"scopes\"\n"
       "  did you mean \"scope\"?\n"
       "tiers.toml:14:1: error: tier \"free\" has no limits\n"
       "  add [[tiers.free.limits]] or unlimited = true\n"
       "tiers.toml:17:8: error: unknown tier \"premium\"\n"
       "  valid here: pro, free");
  }
}
