#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/docs_session.h"
#include "tests/cli/programs.h"
#include "tests/support/paths.h"

using rl::test::contains;
using rl::test::run_program;

namespace {

/// A flag as --help or a table tells it.
struct Flag {
  std::string variable = {};
  std::string preset = {};  ///< the default
  std::string row = {};     ///< of the table
};
using Flags = std::map<std::string, Flag>;

const std::vector<std::string> kDocumentedPrograms = {"rlserver", "rlctl", "rlload"};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// "  -o,--output FORM:table|json", "  --threads UINT:INT in [1 - 4096]=64 (Env:RL_THREADS)"
Flags flags_of_help(const std::vector<std::string>& command) {
  std::vector<std::string> arguments(command.begin() + 1, command.end());
  arguments.emplace_back("--help");
  static const std::regex kFlag(R"(^  (?:-\w,)?(--[a-z-]+)(.*)$)");
  static const std::regex kVariable(R"(\(Env:(\w+)\))");
  static const std::regex kPreset(R"(^ [^ ]+?(?: in \[[^\]]*\])?=(\S+))");
  Flags flags;
  for (const std::string& line : lines_of(run_program(command.front(), arguments).out)) {
    std::smatch found;
    if (!std::regex_search(line, found, kFlag)) {
      continue;
    }
    Flag& flag = flags[found[1].str()];
    const std::string rest = found[2].str();
    if (std::regex_search(rest, found, kVariable)) {
      flag.variable = found[1].str();
    }
    if (std::regex_search(rest, found, kPreset)) {
      flag.preset = found[1].str();
    }
  }
  if (command.size() > 1) {
    flags.erase("--help");  // told once for all commands
  }
  return flags;
}

/// The commands below one, as its --help lists them.
std::vector<std::string> subcommands_of(const std::vector<std::string>& command) {
  std::vector<std::string> arguments(command.begin() + 1, command.end());
  arguments.emplace_back("--help");
  std::vector<std::string> names;
  bool inside = false;
  for (const std::string& line : lines_of(run_program(command.front(), arguments).out)) {
    if (inside && line.starts_with("  ")) {
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    inside = line == "Subcommands:" || (inside && line.starts_with("  "));
  }
  return names;
}

/// Every command that does something: those without commands below them, and the program itself.
std::set<std::string> commands_of(const std::vector<std::string>& command) {
  std::set<std::string> all;
  std::string joined;
  for (const std::string& word : command) {
    joined += (joined.empty() ? "" : " ") + word;
  }
  const auto below = subcommands_of(command);
  if (below.empty() || command.size() == 1) {
    all.insert(joined);
  }
  for (const std::string& name : below) {
    std::vector<std::string> longer = command;
    longer.push_back(name);
    all.merge(commands_of(longer));
  }
  return all;
}

/// The sections of a page under headings like "## `rlctl health set STATE`", by command: its words
/// up to the first that is not all lower case.
std::map<std::string, std::string> sections_of(const std::string& page) {
  static const std::regex kHeading(R"(^## `([a-z]+(?: [a-z][a-z-]*)*).*`$)");
  std::map<std::string, std::string> sections;
  std::string* section = nullptr;
  for (const std::string& line : lines_of(page)) {
    std::smatch found;
    if (line.starts_with("## ")) {
      section = std::regex_match(line, found, kHeading) ? &sections[found[1].str()] : nullptr;
    } else if (section != nullptr) {
      *section += line + "\n";
    }
  }
  return sections;
}

/// The rows "| `--flag VALUE` | …" of a section.
Flags flags_of_section(const std::string& section) {
  static const std::regex kRow(R"(^\| (?:`-\w`, )?`(--[a-z-]+)[^|]*\|.*$)");
  Flags flags;
  for (const std::string& line : lines_of(section)) {
    std::smatch found;
    if (std::regex_match(line, found, kRow)) {
      flags[found[1].str()].row = line;
    }
  }
  return flags;
}

std::vector<std::string> flag_words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

std::set<std::string> names_of(const Flags& flags) {
  std::set<std::string> names;
  for (const auto& [name, flag] : flags) {
    names.insert(name);
  }
  return names;
}

std::string page(const std::string& name) {
  return rl::read_file(rl::test::source_dir() + "/docs/" + name + ".md").value_or("");
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("every command and flag is documented with its variable and default and no other") {
    for (const std::string& program : kDocumentedPrograms) {
      CAPTURE(program);
      const auto sections = sections_of(page(program));
      std::set<std::string> documented;
      for (const auto& [command, section] : sections) {
        documented.insert(command);
        CAPTURE(command);
        const Flags help = flags_of_help(flag_words_of(command));
        const Flags rows = flags_of_section(section);
        CHECK(names_of(rows) == names_of(help));
        for (const auto& [name, flag] : help) {
          CAPTURE(name);
          const auto row = rows.find(name);
          if (row == rows.end()) {
            continue;
          }
          CHECK(contains(row->second.row, flag.variable));
          const bool of_this_machine = contains(flag.preset, "/") && !flag.preset.ends_with("/s");
          CHECK((of_this_machine || flag.preset.empty() ||
                 contains(row->second.row, "`" + flag.preset + "`") ||
                 contains(row->second.row, "default: " + flag.preset)));
        }
      }
      CHECK(documented == commands_of({program}));
    }
    CHECK(flags_of_help({"rlserver"})["--threads"].preset == "16");
    CHECK(flags_of_help({"rlserver"})["--threads"].variable == "RL_THREADS");
  }

  TEST_CASE("every flag that the documentation mentions is one of some program") {
    std::set<std::string> known = {"--list", "--build", "--install", "--prefix",
                                   "--profile"};  // of scripts/setup, cmake and docker
    for (const std::string& program : kDocumentedPrograms) {
      for (const std::string& command : commands_of({program})) {
        known.merge(names_of(flags_of_help(flag_words_of(command))));
      }
    }
    static const std::regex kMention(R"((^|[^-\w])(--[a-z][a-z-]+))");
    for (const auto& document : rl::test::all_documents()) {
      CAPTURE(document.path);
      for (std::sregex_iterator it(document.text.begin(), document.text.end(), kMention), end;
           it != end; ++it) {
        const std::string mentioned = (*it)[2].str();
        CAPTURE(mentioned);
        CHECK(known.count(mentioned) == 1);
      }
    }
  }

  TEST_CASE("every documented endpoint is there") {
    const rl::test::RlServer server;
    static const std::regex kEndpoint("`(GET|POST|PUT|PATCH|DELETE) (/[a-z0-9/{}.]*)");
    static const std::regex kParameter("\\{[a-z]+\\}");
    const rl::Address* listener = nullptr;
    std::set<std::string> seen;
    for (const std::string& line : lines_of(page("rlserver"))) {
      if (line.starts_with("## ")) {
        listener = line == "## Data listener"    ? &server.data()
                   : line == "## Admin listener" ? &server.admin()
                                                 : nullptr;
      }
      const std::string cell = line.starts_with("| `") ? line.substr(0, line.find('|', 2)) : "";
      for (std::sregex_iterator it(cell.begin(), cell.end(), kEndpoint), end; it != end; ++it) {
        REQUIRE(listener != nullptr);
        CAPTURE((*it)[0].str());
        const std::string target = std::regex_replace((*it)[2].str(), kParameter, "1");
        const auto reply = rl::test::ask(*listener, {.method = (*it)[1].str(), .target = target});
        CHECK(reply.status != 404);
        CHECK(reply.status != 405);
        seen.insert((*it)[2].str());
      }
    }
    CHECK(seen == std::set<std::string>{"/test",
                                        "/limit",
                                        "/ping",
                                        "/v1/check",
                                        "/livez",
                                        "/readyz",
                                        "/docs",
                                        "/openapi.json",
                                        "/system/health",
                                        "/admin/v1/health/history",
                                        "/admin/v1/instances",
                                        "/admin/v1/tiers",
                                        "/admin/v1/tiers/reload",
                                        "/admin/v1/tiers/rollback",
                                        "/admin/v1/tiers/history",
                                        "/admin/v1/check",
                                        "/admin/v1/snapshot",
                                        "/metrics",
                                        "/users",
                                        "/users/{id}",
                                        "/users/{id}/quota",
                                        "/requests",
                                        "/admin/v1/keys",
                                        "/admin/v1/keys/{id}",
                                        "/admin/v1/keys/{id}/rotate",
                                        "/admin/v1/keys/{id}/revoke",
                                        "/admin/v1/usage",
                                        "/admin/v1/top",
                                        "/admin/v1/export",
                                        "/admin/v1/import",
                                        "/admin/v1/audit"});
  }

  TEST_CASE("every key of the tiers file is documented") {
    const std::string documented = page("tiers");
    const rl::test::TemporaryDirectory directory;
    const std::string path =
        put(directory, "t.toml",
            "zzzzzzzz = 1\n[tiers.free]\nzzzzzzzz = 1\n[[tiers.free.limits]]\nzzzzzzzz = 1\n"
            "[[routes]]\nzzzzzzzz = 1\n[anonymous]\nzzzzzzzz = 1\n[global]\nzzzzzzzz = 1\n");
    static const std::regex kValid("valid here: ([a-z_, ]+)\n");
    const std::string told = run_program("rlctl", {"tiers", "validate", path}).err;
    std::size_t lists = 0;
    for (std::sregex_iterator it(told.begin(), told.end(), kValid), end; it != end; ++it) {
      ++lists;
      std::string keys = (*it)[1].str();
      std::replace(keys.begin(), keys.end(), ',', ' ');
      for (const std::string& key : flag_words_of(keys)) {
        CAPTURE(key);
        CHECK((contains(documented, "`" + key + "`") || contains(documented, "[" + key) ||
               contains(documented, "." + key + "]]`")));
      }
    }
    CHECK(lists == 6);
  }
}
