#include "rl/config/settings_file.h"

#include <doctest/doctest.h>

using rl::parse_settings;

TEST_SUITE("config") {
  TEST_CASE("settings are read as the command line would spell them, in the file's order") {
    const auto settings = parse_settings(
        "threads = 32\n# a comment\nlisten = \"0.0.0.0:80\"\ndev = false\n"
        "  upstream = [\"http://a\", 'http://b']\nshare = 0.5\nnone = []\n",
        "rl.toml");
    REQUIRE(settings.has_value());
    REQUIRE(settings->size() == 6);
    CHECK((*settings)[0].key == "threads");
    CHECK((*settings)[0].values == std::vector<std::string>{"32"});
    CHECK((*settings)[1].values == std::vector<std::string>{"0.0.0.0:80"});
    CHECK((*settings)[1].line == 3);
    CHECK((*settings)[1].column == 1);
    CHECK((*settings)[2].values == std::vector<std::string>{"false"});
    CHECK((*settings)[3].values == std::vector<std::string>{"http://a", "http://b"});
    CHECK((*settings)[3].column == 3);
    CHECK((*settings)[4].values == std::vector<std::string>{"0.5"});
    CHECK((*settings)[5].values.empty());
  }

  TEST_CASE("what is no setting is told with its place, all of it together") {
    const auto settings = parse_settings("a = 1\n[table]\nb = 2\n[other]\n", "rl.toml");
    REQUIRE_FALSE(settings.has_value());
    REQUIRE(settings.error().size() == 2);
    CHECK(settings.error()[0].to_string() ==
          "rl.toml:2:2: error: \"table\" is no setting\n"
          "  a setting is text, a number, true or false, or a list of these");
    CHECK(settings.error()[1].line == 4);
  }

  TEST_CASE("text that is no TOML is one fault") {
    const auto settings = parse_settings("a = \n", "rl.toml");
    REQUIRE_FALSE(settings.has_value());
    CHECK(settings.error().size() == 1);
    CHECK(settings.error()[0].line == 1);
    const auto absent = rl::load_settings("/nonexistent/rl.toml");
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error()[0].line == 0);
  }
}
