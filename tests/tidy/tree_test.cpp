#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "rl/base/file.h"
#include "rl/base/process.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"
#include "tests/tidy/rules.h"

TEST_SUITE("tidy") {
  TEST_CASE("the source tree keeps every rule") {
    const auto tree = rl::tidy::read_tree(rl::test::source_dir());
    REQUIRE(tree.has_value());
    REQUIRE(tree->size() > 50);
    std::string report;
    for (const rl::tidy::Source& source : *tree) {
      for (const rl::tidy::Rule& rule : rl::tidy::all_rules()) {
        for (const rl::tidy::Finding& finding : rule.check(source)) {
          report += fmt::format("\n{}:{}: {}", source.path, finding.line, finding.message);
        }
      }
    }
    CHECK_MESSAGE(report.empty(), report);
  }

  TEST_CASE("every package that setup installs has its reason in the documentation") {
    const rl::test::TemporaryDirectory directory;
    const std::string root = rl::test::source_dir();
    const std::string list = directory.path() + "/packages";
    auto setup =
        rl::ChildProcess::start({.argv = {root + "/scripts/setup", "--list"}, .stdout_path = list});
    REQUIRE(setup.has_value());
    REQUIRE(setup->wait(std::chrono::seconds{10}) == 0);
    const std::string packages = rl::read_file(list).value_or("");
    const std::string documented = rl::read_file(root + "/docs/dependencies.md").value_or("");
    REQUIRE_FALSE(packages.empty());
    for (std::size_t at = 0; at < packages.size(); at = packages.find('\n', at) + 1) {
      const std::string package = packages.substr(at, packages.find('\n', at) - at);
      CAPTURE(package);
      CHECK(documented.find(fmt::format("\n| `{}` |", package)) != std::string::npos);
    }
  }
}
