#include "tests/tidy/source.h"
#include "tests/support/paths.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using rl::tidy::blank_comments_and_literals;

TEST_SUITE("tidy") {
  TEST_CASE("comments and literals are blanked and all else stays in its place") {
    struct Row {
      std::string text;
      std::string code;
    };
    const Row rows[] = {
        {"", ""},
        {"int a = 1'000;", "int a = 1'000;"},
        {"a;  // b c\nd;", "a;        \nd;"},
        {"a/* b\nc */d", "a    \n    d"},
        {"f(\"a // b\");", "f(\"      \");"},
        {R"(f("a\"b", c);)", "f(\"    \", c);"},
        {R"(c = '"'; d = "e";)", "c = ' '; d = \" \";"},
        {R"(c = '\''; d;)", "c = '  '; d;"},
        {"/* a */\"b\"", "       \" \""},
        {"R\"x(a)\"\nb)x\"; c", "R\"     \n   \"; c"},
        {"#include \"a.h\"\nb", "#include \"   \"\nb"},
        {"\"never closed\nb", "\"            \nb"},
        {"/* never closed", "               "},
    };
    for (const Row& row : rows) {
      CAPTURE(row.text);
      CHECK(blank_comments_and_literals(row.text) == row.code);
    }
  }

  TEST_CASE("the tree is read in order and knows which sources have a header") {
    const auto tree = rl::tidy::read_tree(rl::test::source_dir());
    REQUIRE(tree.has_value());
    const auto find = [&](const std::string& path) {
      return std::find_if(tree->begin(), tree->end(),
                          [&](const rl::tidy::Source& source) { return source.path == path; });
    };
    const auto source = find("lib/rl/base/clock.cpp");
    REQUIRE(source != tree->end());
    CHECK(source->has_own_header);
    CHECK(source->text.find("steady_clock::now") != std::string::npos);
    CHECK(find("tests/tidy/source_test.cpp")->has_own_header == false);
    CHECK(find("lib/rl/base/clock.h") == source + 1);
  }

  TEST_CASE("a folder without sources is an empty tree") {
    const auto tree = rl::tidy::read_tree(rl::test::source_dir() + "/nonexistent");
    REQUIRE(tree.has_value());
    CHECK(tree->empty());
  }
}
