#include "rl/load/own_redis.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "rl/base/duration.h"

namespace rl::load {

std::string redis_server_on_path() {
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): no setenv
  std::string_view rest = path == nullptr ? "/usr/bin" : path;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    std::string program = fmt::format("{}/redis-server", folder);
    if (::access(program.c_str(), X_OK) == 0) {
      return program;
    }
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
  }
  return "/usr/bin/redis-server";
}

Result<OwnRedis, Abort> OwnRedis::start(const OwnRedisOptions& options, const Clock& clock,
                                        const std::stop_token& stop) {
  auto directory = OwnDirectory::make();
  if (!directory) {
    return fail_with(Abort{ExitCode::kFailure, directory.error()});
  }
  const std::string socket = (*directory)->file("redis.sock");
  const std::string log = (*directory)->file("redis.log");
  auto process = ChildProcess::start(
      {.argv = {options.program, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
                "--save", "", "--appendonly", "no", "--dir", (*directory)->path()},
       .stdout_path = log,
       .stderr_path = (*directory)->file("redis.err")});
  if (!process) {
    return fail_with(Abort{ExitCode::kFailure,
                           {process.error().message,
                            "install redis-server, or say where it is with --redis-server PATH"}});
  }
  const Instant deadline = clock.now() + options.patience;
  while (clock.now() < deadline && !stop.stop_requested()) {
    if (const auto status = process->wait(std::chrono::milliseconds{5})) {
      return fail_with(Abort{ExitCode::kFailure,
                             {fmt::format("{} ended with exit status {} before it was ready:\n{}",
                                          options.program, *status, last_words(log))}});
    }
    if (std::filesystem::exists(socket)) {  // it listens: what connects now is answered
      return OwnRedis(std::move(*directory), std::move(*process));
    }
  }
  if (stop.stop_requested()) {
    return fail_with(Abort{ExitCode::kInterrupted, {"interrupted"}});
  }
  return fail_with(Abort{ExitCode::kUnreachable,
                         {fmt::format("{} was not ready within {}:\n{}", options.program,
                                      format_duration(options.patience), last_words(log))}});
}

}  // namespace rl::load
