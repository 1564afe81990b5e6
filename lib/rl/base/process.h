#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/result.h"

namespace rl {

/// How to start a program. Streams that are not named are inherited.
struct ProcessOptions {
  std::vector<std::string> argv;  ///< argv[0] is the program's path
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to ours
  std::string stdin_path = "/dev/null";
  std::string stdout_path = {};  ///< file to write into, truncated first
  std::string stderr_path = {};
};

/// Opens /dev/null in place of standard input, output or error that are closed, so that a file or a
/// socket does not come to stand there. To be called first thing in main().
void keep_standard_streams();

/// Keeps the memory of this process out of core files, for a program that holds secrets: there is
/// none, whatever the limits were, and no other process of this user may look into it.
void forbid_core_dumps();

/// A program that we started. Ends with its owner: the destructor terminates and reaps it. Only
/// ever signals the process it started itself. Not safe from several threads.
class ChildProcess {
 public:
  static Result<ChildProcess> start(const ProcessOptions& options);

  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  /// Sends a signal; nothing happens once the process has been reaped.
  void signal(int number);

  /// The exit status as a shell tells it (128 + signal when killed), or nothing while it runs on
  /// after `patience`. Once it has been told, the process is gone.
  std::optional<int> wait(Micros patience);

  /// SIGTERM, then SIGKILL after `patience`. Returns the exit status.
  int stop(Micros patience = std::chrono::seconds{10});

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;
};

}  // namespace rl
