#include "tests/support/command.h"

#include <doctest/doctest.h>

#include <string_view>
#include <thread>

#include "rl/base/file.h"
#include "rl/base/process.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"

extern char** environ;  // NOLINT: named by POSIX

namespace rl::test {

std::string program(const std::string& name) {
  return program_dir() + "/" + name;
}

Environment clean_environment() {
  Environment empty;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name.starts_with("RL_") || name.starts_with("RLCTL_") || name == "NO_COLOR" ||
        name == "NOTIFY_SOCKET" || name == "XDG_STATE_HOME" || name == "XDG_CONFIG_HOME") {
      empty.emplace_back(name, "");
    }
  }
  return empty;
}

bool eventually(const std::function<bool()>& question) {
  const SystemClock clock;
  const Instant deadline = clock.now() + std::chrono::seconds{20};
  while (!question()) {
    if (clock.now() >= deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

Finished run(const Command& command) {
  const TemporaryDirectory directory;
  const std::string in = directory.path() + "/in";
  const std::string out = directory.path() + "/out";
  const std::string err = directory.path() + "/err";
  REQUIRE(write_file(in, command.input, FileMode::kPrivate).has_value());
  Environment environment = clean_environment();
  environment.insert(environment.end(), command.environment.begin(), command.environment.end());
  auto child = ChildProcess::start({.argv = command.argv,
                                    .environment = environment,
                                    .stdin_path = in,
                                    .stdout_path = out,
                                    .stderr_path = err});
  REQUIRE_MESSAGE(child.has_value(), command.argv.front());
  Finished finished;
  finished.status = child->wait(command.patience);
  if (!finished.status) {
    child->stop(std::chrono::seconds{1});
  }
  finished.out = read_file(out).value_or("");
  finished.err = read_file(err).value_or("");
  return finished;
}

}  // namespace rl::test
