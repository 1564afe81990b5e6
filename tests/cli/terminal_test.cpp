#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::RlServer;

namespace {

/// Whether this machine has pseudo terminals: a bare chroot has none.
bool has_terminals() {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  const bool granted = ours >= 0 && ::grantpt(ours) == 0;
  ::close(ours);
  return granted;
}

/// What the program writes when its stdout is a terminal.
std::string on_a_terminal(std::vector<std::string> argv, const Environment& environment) {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(::grantpt(ours) == 0);
  REQUIRE(::unlockpt(ours) == 0);
  std::array<char, 100> name{};
  REQUIRE(::ptsname_r(ours, name.data(), name.size()) == 0);
  const int held = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);  // until all is written
  Environment all = rl::test::clean_environment();
  all.insert(all.end(), environment.begin(), environment.end());
  argv.front() = rl::test::program(argv.front());
  auto child = rl::ChildProcess::start(
      {.argv = argv, .environment = all, .stdout_path = name.data(), .stderr_path = "/dev/null"});
  REQUIRE(child.has_value());
  CHECK(child->wait(std::chrono::seconds{30}).has_value());
  ::close(held);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 1; got > 0;) {
    got = ::read(ours, buffer.data(), buffer.size());
    text.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  ::close(ours);
  return text;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a terminal gets colours unless its user wants none") {
    if (!has_terminals()) {
      MESSAGE("there are no pseudo terminals here");
      return;
    }
    const RlServer server;
    struct Row {
      std::vector<std::string> flags;
      Environment environment;
      bool coloured;
    };
    const std::vector<Row> table = {
        {{}, {}, true},
        {{"--no-color"}, {}, false},
        {{}, {{"NO_COLOR", "1"}}, false},
        {{}, {{"NO_COLOR", ""}}, true},  // counts as not set (no-color.org)
    };
    const std::vector<std::vector<std::string>> commands = {
        {"rlctl", "health", "get", "--data-dir", server.data_dir()},
        {"rlload", "quick", "http://" + server.data().to_string() + "/livez", "--rate", "100/s",
         "--duration", "20ms"},
    };
    for (std::vector<std::string> command : commands) {
      for (const Row& row : table) {
        CAPTURE(command.front());
        std::vector<std::string> argv = command;
        argv.insert(argv.end(), row.flags.begin(), row.flags.end());
        const std::string text = on_a_terminal(argv, row.environment);
        CAPTURE(text);
        CHECK_FALSE(text.empty());
        CHECK(contains(text, "\x1b[") == row.coloured);
      }
    }
  }
}
