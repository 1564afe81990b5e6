#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Finished;
using rl::test::put;
using rl::test::TemporaryDirectory;

namespace {

const std::vector<std::string> kPrograms = {"rlserver", "rlctl", "rlload"};

std::string script_of(const std::string& name, const std::string& shell) {
  const auto finished = name == "rlserver" ? rl::test::run_program(name, {"--completion", shell})
                                           : rl::test::run_program(name, {"completion", shell});
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  return finished.out;
}

/// What the shell says to a script.
Finished run_shell(const std::string& shell, const std::string& script,
                   const std::vector<std::string>& flags = {}) {
  const TemporaryDirectory directory;
  std::vector<std::string> argv = {"/usr/bin/env", "HOME=" + directory.path(), shell};
  argv.insert(argv.end(), flags.begin(), flags.end());
  argv.push_back(put(directory, "script", script));
  return rl::test::run({.argv = argv});
}

/// The first words of the lines.
std::vector<std::string> completions_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string line; std::getline(stream, line);) {
    words.push_back(line.substr(0, line.find('\t')));
  }
  std::sort(words.begin(), words.end());
  return words;
}

/// What bash offers after these words, the last of which is being typed.
std::vector<std::string> in_bash(const std::vector<std::string>& words) {
  std::string line = "COMP_WORDS=(";
  for (const std::string& word : words) {
    line += "'" + word + "' ";
  }
  const Finished finished = run_shell(
      "bash",
      script_of(words.front(), "bash") +
          fmt::format("complete -p {0} >/dev/null || exit 9\n{1})\nCOMP_CWORD={2}\n_{0}\n"
                      "[[ ${{#COMPREPLY[@]}} == 0 ]] || printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
                      words.front(), line, words.size() - 1));
  CHECK_MESSAGE(finished.status == 0, finished.err);
  CHECK(finished.err.empty());
  return completions_of(finished.out);
}

/// What fish offers for the begin of a command line.
std::vector<std::string> in_fish(const std::string& line) {
  const std::string program = line.substr(0, line.find(' '));
  const Finished finished =
      run_shell("fish", script_of(program, "fish") + fmt::format("complete -C '{}'\n", line),
                {"--no-config"});
  CHECK_MESSAGE(finished.status == 0, finished.err);
  return completions_of(finished.out);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("bash completes commands, options, words and files") {
    CHECK(in_bash({"rlctl", "hea"}) == Words{"health"});
    CHECK(in_bash({"rlctl", "health", ""}).size() >= 3);
    CHECK(in_bash({"rlctl", "health", "set", "d"}) == Words{"degraded"});
    CHECK(in_bash({"rlctl", "health", "watch", "--until", ""}) == Words{"degraded", "normal"});
    CHECK(in_bash({"rlctl", "--server", "health", "us"}) == Words{"users"});
    CHECK(in_bash({"rlctl", "health", "set", "--re"}) == Words{"--reason"});
    CHECK(in_bash({"rlctl", "users", "list", "--outp"}) == Words{"--output"});
    CHECK(in_bash({"rlctl", "users", "list", "-o", "js"}) == Words{"json", "jsonl"});
    CHECK(in_bash({"rlctl", "users", "list", "--output", "=", "c"}) == Words{"csv"});
    CHECK(in_bash({"rlctl", "check", "--cost", ""}).empty());
    CHECK(in_bash({"rlserver", "--store", ""}) == Words{"memory", "redis"});
    CHECK(in_bash({"rlserver", "--max-m"}) == Words{"--max-memory"});
    CHECK(in_bash({"rlload", "dem"}) == Words{"demo"});
    CHECK(in_bash({"rlload", "completion", "z"}) == Words{"zsh"});
    const TemporaryDirectory directory;
    const std::string file = put(directory, "tiers.toml", "");
    CHECK(in_bash({"rlctl", "tiers", "validate", directory.path() + "/t"}) == Words{file});
    CHECK(in_bash({"rlserver", "--tiers", directory.path() + "/t"}) == Words{file});
  }

  TEST_CASE("fish completes commands, options and words") {
    CHECK(in_fish("rlctl hea") == Words{"health"});
    CHECK(in_fish("rlctl health set d") == Words{"degraded"});
    CHECK(in_fish("rlctl health watch --until ") == Words{"degraded", "normal"});
    CHECK(in_fish("rlctl health set --rea") == Words{"--reason"});
    CHECK(in_fish("rlserver --store ") == Words{"memory", "redis"});
    CHECK(in_fish("rlload dem") == Words{"demo"});
  }

  TEST_CASE("zsh reads the completions and knows whose they are") {
    for (const std::string& name : kPrograms) {
      CAPTURE(name);
      const std::string script = script_of(name, "zsh");
      CHECK(run_shell("zsh", script, {"-n"}).err.empty());
      const Finished finished = run_shell("zsh",
                                          "autoload -U compinit; compinit -D\n" + script +
                                              fmt::format("print -r -- $_comps[{}]\n", name),
                                          {"-f"});
      CHECK(finished.status == 0);
      CHECK(finished.err.empty());
      CHECK(finished.out == fmt::format("_{}\n", name));
    }
    CHECK(contains(script_of("rlctl", "zsh"), "compadd -- normal degraded"));
  }

  TEST_CASE("every shell takes the completions of every program") {
    for (const std::string& name : kPrograms) {
      CAPTURE(name);
      CHECK(run_shell("bash", script_of(name, "bash"), {"-n"}).err.empty());
      CHECK(run_shell("fish", script_of(name, "fish"), {"--no-execute"}).err.empty());
    }
  }

  TEST_CASE("a manual page is rendered without a warning and tells every option") {
    for (const std::string& name : kPrograms) {
      CAPTURE(name);
      const TemporaryDirectory directory;
      const auto page = rl::test::run_program(name, {"--man-page"});
      REQUIRE(page.status == 0);
      const std::string file = put(directory, name + ".1", page.out);
      const Finished shown =
          rl::test::run({.argv = {"/usr/bin/env", "MANWIDTH=100", "LC_ALL=C.UTF-8", "man",
                                  "--warnings", "-P", "cat", "-l", file}});
      CHECK_MESSAGE(shown.status == 0, shown.err);
      CHECK_MESSAGE(shown.err.empty(), shown.err);
      CHECK(contains(shown.out, "NAME"));
      CHECK(contains(shown.out, name + " - "));
      CHECK(contains(shown.out, "--version"));
      CHECK(contains(shown.out, "Exit "));
    }
    const std::string page = rl::test::run_program("rlctl", {"--man-page"}).out;
    CHECK(contains(page, "rlctl health watch"));
    CHECK(contains(page, "\\-\\-until"));
    CHECK(contains(page, "RLCTL_TOKEN_FILE"));
  }
}
