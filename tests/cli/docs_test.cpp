#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "rl/config/policy_file.h"
#include "rl/load/demo_plan.h"
#include "rl/load/demo_report.h"
#include "tests/cli/docs_session.h"
#include "tests/cli/programs.h"
#include "tests/support/paths.h"

using rl::test::all_documents;
using rl::test::Block;
using rl::test::blocks_of;
using rl::test::contains;
using rl::test::Document;
using rl::test::steps_of;

namespace {

/// The table that `rlload demo` prints on a terminal when everything is as expected.
std::string expected_demo_table() {
  const auto policy = rl::load_policy(rl::test::kSampleTiers);
  REQUIRE(policy.has_value());
  const auto plan = rl::load::plan_demo(*policy, {.per_second = 250});
  REQUIRE(plan.has_value());
  rl::load::DemoReport report;
  for (const auto state : {rl::HealthState::kNormal, rl::HealthState::kDegraded}) {
    for (std::size_t i = 0; i < plan->tiers.size(); ++i) {
      const std::uint64_t allowed = plan->expected(i, state);
      report.cells.push_back({.phase = state,
                              .tier = plan->tiers[i].name,
                              .sent = plan->tiers[i].requests,
                              .allowed = allowed,
                              .limited = plan->tiers[i].requests - allowed,
                              .expected = allowed});
    }
  }
  const std::string text = rl::load::render_table(report, {.terminal = true});
  const std::size_t begin = text.find("\n\n") + 2;
  return text.substr(begin, text.find("\n\n", begin) - begin);
}

/// The text without its fenced blocks.
std::string prose_of(const Document& document) {
  std::string prose;
  bool inside = false;
  std::istringstream stream(document.text);
  for (std::string line; std::getline(stream, line);) {
    const bool fence = line.starts_with("```");
    inside = inside != fence;
    prose += inside || fence ? "\n" : line + "\n";
  }
  return prose;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a transcript is read and compared as documented") {
    const auto blocks =
        blocks_of("text\n```console\n$ a \\\n> b\nout\n$ c\n```\n```sh\n# d\ne\n```\n");
    REQUIRE(blocks.size() == 2);
    const auto steps = steps_of(blocks[0]);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].command == "a \\\nb");
    CHECK(steps[0].output == "out\n");
    CHECK(steps[0].line == 3);
    CHECK(steps[1].command == "c");
    CHECK(steps[1].line == 6);
    REQUIRE(steps_of(blocks[1]).size() == 1);
    CHECK(steps_of(blocks[1])[0].command == "e");

    CHECK(rl::test::matches("a\n", "a\n"));
    CHECK_FALSE(rl::test::matches("a\n", "a\nb\n"));
    CHECK_FALSE(rl::test::matches("a\nb\n", "a\n"));
    CHECK(rl::test::matches("a … c\n", "a b c\n"));
    CHECK_FALSE(rl::test::matches("a …\n", "a b\nc\n"));
    CHECK(rl::test::matches("a\n…\nd\n", "a\nb\nc\nd\n"));
    CHECK(rl::test::matches("a\n…\nd\n", "a\nd\n"));
    CHECK_FALSE(rl::test::matches("a\n…\nd\n", "a\nb\n"));
  }

  TEST_CASE("every command in the documentation does what is shown") {
    std::size_t commands = 0;
    for (const Document& document : all_documents()) {
      CAPTURE(document.path);
      rl::test::DocumentSession session;
      for (const Block& block : blocks_of(document.text)) {
        commands += steps_of(block).size();
        for (const std::string& fault : session.run(block)) {
          CHECK_MESSAGE(fault.empty(), fault);
        }
      }
    }
    CHECK(commands > 25);
  }

  TEST_CASE("a session tells what is not as documented") {
    const auto faults_of = [](const std::string& lines) {
      return rl::test::DocumentSession().run({.language = "console", .line = 0, .text = lines});
    };
    CHECK(faults_of("$ echo 1\n1\n").empty());
    CHECK(faults_of("$ echo 1\n2\n").size() == 1);
    CHECK(faults_of("$ echo 1\n").size() == 1);
    CHECK(faults_of("$ false\n").size() == 1);
    CHECK(faults_of("$ false\n$ echo $?\n1\n").empty());
    CHECK(faults_of("$ exit\n$ echo 1\n1\n").size() == 1);
    CHECK(faults_of("$ scripts/nonexistent\n").size() == 1);
    CHECK(faults_of("$ scripts/setup\nanything\n").empty());
    CHECK(faults_of("$ curl http://127.0.0.1:8080/livez\n{\"status\":\"alive\"}\n").empty());
  }

  TEST_CASE("blocks of the documentation are of a kind that is checked or that cannot be") {
    const std::vector<std::string> kinds = {"console", "sh", "toml", "mermaid", "text", ""};
    for (const Document& document : all_documents()) {
      CAPTURE(document.path);
      for (const Block& block : blocks_of(document.text)) {
        CAPTURE(block.line);
        CHECK(std::find(kinds.begin(), kinds.end(), block.language) != kinds.end());
        CHECK((!steps_of(block).empty() || !contains("\n" + block.text, "\n$ ")));
      }
    }
  }

  TEST_CASE("every tiers file in the documentation is good") {
    std::size_t files = 0;
    for (const Document& document : all_documents()) {
      for (const Block& block : blocks_of(document.text)) {
        if (block.language == "toml") {
          const auto policy = rl::parse_policy(block.text, document.path);
          CHECK_MESSAGE(policy.has_value(), (policy ? "" : policy.error().front().to_string()));
          ++files;
        }
      }
    }
    CHECK(files > 0);
  }

  TEST_CASE("every link in the documentation leads to a file") {
    const std::regex link(R"(\]\(([^)#\s]*)[^)]*\))");
    std::size_t links = 0;
    for (const Document& document : all_documents()) {
      CAPTURE(document.path);
      REQUIRE_FALSE(document.text.empty());
      const std::string prose = prose_of(document);
      const auto folder =
          (std::filesystem::path(rl::test::source_dir()) / document.path).parent_path();
      for (std::sregex_iterator it(prose.begin(), prose.end(), link), end; it != end; ++it) {
        const std::string target = (*it)[1].str();
        CAPTURE(target);
        const bool elsewhere = target.starts_with("https://");
        CHECK((elsewhere || std::filesystem::exists(folder / target)));
        links += elsewhere ? 0 : 1;
      }
    }
    CHECK(links > 10);
  }

  TEST_CASE("the README leads to every page of the documentation") {
    const std::string readme = rl::read_file(rl::test::source_dir() + "/README.md").value_or("");
    for (const Document& document : all_documents()) {
      CAPTURE(document.path);
      CHECK((document.path == "README.md" || contains(readme, "](" + document.path + ")")));
    }
  }

  TEST_CASE("the table in the README is the one that follows from the sample tiers") {
    const std::string readme = rl::read_file(rl::test::source_dir() + "/README.md").value_or("");
    const std::string table = expected_demo_table();
    REQUIRE(contains(table, "DEGRADED  enterprise  1600     1000  600  1000      ok"));
    CHECK_MESSAGE(contains(readme, "\n\n" + table + "\n\n"), table);
  }
}
