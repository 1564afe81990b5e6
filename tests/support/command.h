#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rl/base/clock.h"

namespace rl::test {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// A program to run to its end.
struct Command {
  std::vector<std::string> argv;  ///< argv[0] is the program's path
  std::string input = {};         ///< its stdin
  Environment environment = {};   ///< on top of clean_environment()
  Micros patience = std::chrono::seconds{60};
};

/// What became of it.
struct Finished {
  std::optional<int> status;  ///< as a shell tells it; nothing: it ran on and was killed
  std::string out;
  std::string err;
};

/// Runs the command and waits for it. A program that cannot be started fails the test.
Finished run(const Command& command);

/// The path of one of the programs under test: "rlctl".
std::string program(const std::string& name);

/// Asks again and again, for at most 20 s, until the answer is yes; the last answer.
bool eventually(const std::function<bool()>& question);

/// Takes back what the caller's environment would tell our programs: every RL_…, RLCTL_… variable,
/// NO_COLOR, NOTIFY_SOCKET, XDG_STATE_HOME and XDG_CONFIG_HOME are empty, which counts as not set.
Environment clean_environment();

}  // namespace rl::test
