#include "rl/base/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

extern char** environ;  // NOLINT: named by POSIX

namespace rl {
namespace {

std::vector<char*> to_c_array(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT: exec's historic signature
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> merged_environment(const ProcessOptions& options) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    bool replaced = false;
    for (const auto& [name, value] : options.environment) {
      replaced = replaced || variable.starts_with(name + "=");
    }
    if (!replaced) {
      merged.emplace_back(variable);
    }
  }
  for (const auto& [name, value] : options.environment) {
    merged.push_back(fmt::format("{}={}", name, value));
  }
  return merged;
}

int exit_status(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

void keep_standard_streams() {
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDWR);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened >= 0) {
    ::close(opened);
  }
}

void forbid_core_dumps() {
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__    // whose search for leaks looks into the process from another one
  ::prctl(PR_SET_DUMPABLE, 0);  // for a collector of core files, which the limit does not bind
#endif
}

Result<ChildProcess> ChildProcess::start(const ProcessOptions& options) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const auto open_as = [&](int fd, const std::string& path, int flags) {
    if (!path.empty()) {
      posix_spawn_file_actions_addopen(&actions, fd, path.c_str(), flags, 0600);
    }
  };
  open_as(STDIN_FILENO, options.stdin_path, O_RDONLY);
  open_as(STDOUT_FILENO, options.stdout_path, O_WRONLY | O_CREAT | O_TRUNC);
  open_as(STDERR_FILENO, options.stderr_path, O_WRONLY | O_CREAT | O_TRUNC);

  // The child starts with default signals, whatever this program blocks for itself.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  const std::vector<std::string> environment = merged_environment(options);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, options.argv.front().c_str(), &actions, &attributes,
                                to_c_array(options.argv).data(), to_c_array(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return fail(fmt::format("cannot start {}: {}", options.argv.front(),
                            std::system_category().message(error)));
  }
  return ChildProcess(pid);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  stop();
}

void ChildProcess::signal(int number) {
  if (pid_ > 0) {
    ::kill(pid_, number);
  }
}

std::optional<int> ChildProcess::wait(Micros patience) {
  if (pid_ <= 0) {
    return 0;
  }
  // A pidfd becomes readable when its process ends: no polling, no signal handler.
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{fd, POLLIN, 0};
  const auto patience_ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, static_cast<int>(patience_ms));
  } while (ready < 0 && errno == EINTR);
  ::close(fd);
  if (ready <= 0) {
    return std::nullopt;
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return exit_status(status);
}

int ChildProcess::stop(Micros patience) {
  if (pid_ <= 0) {
    return 0;
  }
  signal(SIGTERM);
  if (const auto status = wait(patience)) {
    return *status;
  }
  signal(SIGKILL);
  return wait(std::chrono::seconds{10}).value_or(128 + SIGKILL);
}

}  // namespace rl
