#include "rl/base/table.h"

#include <doctest/doctest.h>

namespace {

using rl::Display;
using rl::Table;
using rl::Tone;

TEST_SUITE("base") {
  TEST_CASE("a table is aligned on a terminal and plain in a pipe") {
    Table table({{"NAME"}, {"COUNT", true}, {"NOTE"}});
    table.add({"a", "1", "first"});
    table.add({"longer", "1000000", ""});
    CHECK(table.render({.terminal = true}) ==
          "NAME      COUNT  NOTE\n"
          "a             1  first\n"
          "longer  1000000\n");
    CHECK(table.render({}) ==
          "NAME\tCOUNT\tNOTE\n"
          "a\t1\tfirst\n"
          "longer\t1000000\t\n");
  }

  TEST_CASE("without titles there is no header") {
    Table table({{""}, {""}});
    table.add({"state", "NORMAL"});
    CHECK(table.render({}) == "state\tNORMAL\n");
  }

  TEST_CASE("colours do not shift columns") {
    Table table({{"STATE"}, {"N", true}});
    table.add({{"up", Tone::kGood}, "1"});
    table.add({{"away", Tone::kBad}, {"22", Tone::kWarn}});
    CHECK(table.render({.terminal = true, .colour = true}) ==
          "STATE   N\n"
          "\x1b[32mup\x1b[0m      1\n"
          "\x1b[31maway\x1b[0m   \x1b[33m22\x1b[0m\n");
  }

  TEST_CASE("a last column that is too long is cut to the terminal") {
    Table table({{"K"}, {"TEXT"}});
    table.add({"k", "größer als die Zeile"});
    struct Case {
      std::size_t width;
      const char* line;
    };
    for (const Case& c :
         {Case{0, "k  größer als die Zeile\n"}, Case{23, "k  größer als die Zeile\n"},
          Case{22, "k  größer als die Zei…\n"}, Case{12, "k  größer a…\n"},
          Case{4, "k  größer …\n"}}) {
      CAPTURE(c.width);
      const std::string text = table.render({.terminal = true, .width = c.width});
      CHECK(text.substr(text.find('\n') + 1) == c.line);
    }
  }

  TEST_CASE("control characters are made harmless and other text is kept") {
    CHECK(rl::printable("a\x1b[31m\t\n\x7f") == "a?[31m???");
    CHECK(rl::printable("\xC2\x9B"
                        "2J") == "?2J");  // U+009B introduces a command too
    CHECK(rl::printable("größer …") == "größer …");
  }
}

}  // namespace
