#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "rl/base/file.h"
#include "tests/support/paths.h"

namespace {

/// The rows that there have to be, by the letter of their system.
const std::map<char, int> kRows = {{'A', 8}, {'B', 15}, {'C', 9}, {'D', 6}, {'E', 10}};

std::string text_of(const std::string& path) {
  return rl::read_file(rl::test::source_dir() + "/" + path).value_or("");
}

/// Every test as ctest lists it: "folder: name".
std::set<std::string> all_tests() {
  static const std::regex kCase(R"re(TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+))re");
  static const std::regex kPart(R"re("((?:[^"\\]|\\.)*)")re");
  std::set<std::string> names;
  const std::string root = rl::test::source_dir() + "/tests";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cpp") {
      continue;
    }
    const std::string folder =
        std::filesystem::relative(entry.path(), root).begin()->string() + ": ";
    const std::string text = rl::read_file(entry.path().string()).value_or("");
    for (std::sregex_iterator it(text.begin(), text.end(), kCase), end; it != end; ++it) {
      const std::string literals = (*it)[1].str();
      std::string name;
      for (std::sregex_iterator part(literals.begin(), literals.end(), kPart); part != end;
           ++part) {
        name += (*part)[1].str();
      }
      names.insert(folder + name);
    }
  }
  return names;
}

/// The last cells of the rows "| B7 | … | … |", by id.
std::map<std::string, std::string> rows_of(const std::string& page) {
  static const std::regex kRow(R"(^\| ([A-E][0-9]+) \| [^|]+ \| (.+) \|$)");
  std::map<std::string, std::string> rows;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, kRow)) {
      CHECK_MESSAGE(rows.emplace(found[1].str(), found[2].str()).second, line);
    }
  }
  return rows;
}

}  // namespace

TEST_SUITE("tidy") {
  TEST_CASE("every row of the systems is shown by tests that exist or by a page or not yet") {
    const std::set<std::string> tests = all_tests();
    REQUIRE(tests.size() > 200);
    const auto rows = rows_of(text_of("docs/systems.md"));
    std::size_t expected = 0;
    for (const auto& [letter, count] : kRows) {
      for (int i = 1; i <= count; ++i) {
        CAPTURE(letter);
        CAPTURE(i);
        CHECK(rows.count(letter + std::to_string(i)) == 1);
        ++expected;
      }
    }
    CHECK(rows.size() == expected);
    static const std::regex kTest("`([a-z]+: [^`]+)`");
    for (const auto& [id, cell] : rows) {
      CAPTURE(id);
      CHECK((cell.find('`') != std::string::npos || cell.find("](") != std::string::npos ||
             cell.find("not yet") != std::string::npos));
      for (std::sregex_iterator it(cell.begin(), cell.end(), kTest), end; it != end; ++it) {
        CAPTURE((*it)[1].str());
        CHECK(tests.count((*it)[1].str()) == 1);
      }
    }
  }

  TEST_CASE("a test that is named after rows names rows that there are") {
    static const std::regex kIds("^[a-z]+: ((?:[A-E][0-9]+[ :]+)+)");
    static const std::regex kId("[A-E][0-9]+");
    const auto rows = rows_of(text_of("docs/systems.md"));
    for (const std::string& test : all_tests()) {
      std::smatch found;
      if (std::regex_search(test, found, kIds)) {
        const std::string ids = found[1].str();
        for (std::sregex_iterator it(ids.begin(), ids.end(), kId), end; it != end; ++it) {
          CAPTURE(test);
          CHECK(rows.count((*it)[0].str()) == 1);
        }
      }
    }
  }
}
