#include "rl/load/own_server.h"

#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "rl/base/file.h"
#include "rl/load/quick.h"

namespace rl::load {
namespace {

Failure<Abort> abort_with(ExitCode code, std::string message, std::string hint = {}) {
  return fail_with(Abort{code, {std::move(message), std::move(hint)}});
}

/// The demo proves what its own command line says: no RL_… variable of ours reaches the server. An
/// empty one counts as not set. It serves more connections at a time than a run may have.
std::vector<std::pair<std::string, std::string>> own_environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const char* const name :
       {"RL_ADMIN_TOKEN", "RL_ADMIN_TOKEN_FILE", "RL_MAX_BUCKETS", "RL_LOG_LEVEL", "RL_LOG_FORMAT",
        "RL_CHECK_CONFIG", "RATE_LIMIT_BACKEND", "REDIS_URL", "RL_ON_STORE_FAILURE",
        "RL_INSTANCES"}) {
    variables.emplace_back(name, "");
  }
  variables.emplace_back("RL_THREADS", std::to_string(kMaxConnections + 8));
  return variables;
}

}  // namespace

OwnServer::OwnServer(std::shared_ptr<const OwnDirectory> directory, ChildProcess process,
                     Listeners listeners)
    : directory_(std::move(directory)),
      process_(std::move(process)),
      listeners_(std::move(listeners)) {}

Result<OwnServer::Listeners> OwnServer::read_ready_file(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text) {
    return fail_with(text.error());
  }
  const nlohmann::json ready = nlohmann::json::parse(*text, nullptr, false);
  const auto text_of = [&](const char* name) {
    return ready.is_object() && ready.contains(name) && ready[name].is_string()
               ? ready[name].get<std::string>()
               : std::string();
  };
  const Result<Address> data = parse_address(text_of("data"));
  const Result<Address> admin = parse_address(text_of("admin"));
  if (!data || !admin || text_of("token_file").empty()) {
    return fail("the server's ready file lacks data, admin or token_file: " + *text);
  }
  return Listeners{.data = *data, .admin = *admin, .token_path = text_of("token_file")};
}

Result<OwnServer, Abort> OwnServer::start(const OwnServerOptions& options, const Clock& clock,
                                          const std::stop_token& stop) {
  auto directory = OwnDirectory::make();
  if (!directory) {
    return fail_with(Abort{ExitCode::kFailure, directory.error()});
  }
  const std::string ready_path = (*directory)->file("ready.json");
  const std::string log_path = (*directory)->file("log");
  std::vector<std::string> argv = {options.program,      "--dev",        "--tiers",
                                   options.tiers_path,   "--listen",     "127.0.0.1:0",
                                   "--admin-listen",     "127.0.0.1:0",  "--data-dir",
                                   (*directory)->path(), "--ready-file", ready_path};
  if (!options.redis_url.empty()) {
    // The counts are to be exact, so it is better to wait than to decide without Redis.
    argv.insert(argv.end(),
                {"--store", "redis", "--redis-url", options.redis_url, "--store-deadline", "2s"});
  }
  auto process = ChildProcess::start({.argv = argv,
                                      .environment = own_environment(),
                                      .stdout_path = (*directory)->file("stdout"),
                                      .stderr_path = log_path});
  if (!process) {
    return abort_with(ExitCode::kFailure, process.error().message,
                      "build rlserver, or say where it is with --rlserver PATH");
  }
  const Instant deadline = clock.now() + options.patience;
  while (clock.now() < deadline && !stop.stop_requested()) {
    if (const auto status = process->wait(std::chrono::milliseconds{5})) {
      return abort_with(ExitCode::kFailure,
                        fmt::format("{} ended with exit status {} before it was ready:\n{}",
                                    options.program, *status, last_words(log_path)));
    }
    if (!std::filesystem::exists(ready_path)) {
      continue;
    }
    Result<Listeners> listeners = read_ready_file(ready_path);
    if (!listeners) {
      return fail_with(Abort{ExitCode::kFailure, listeners.error()});
    }
    return OwnServer(std::move(*directory), std::move(*process), std::move(*listeners));
  }
  if (stop.stop_requested()) {
    return abort_with(ExitCode::kInterrupted, "interrupted");
  }
  return abort_with(
      ExitCode::kUnreachable,
      fmt::format("{} was not ready within {} s:\n{}", options.program,
                  std::chrono::duration_cast<std::chrono::seconds>(options.patience).count(),
                  last_words(log_path)));
}

std::string rlserver_beside_us() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "rlserver" : (self.parent_path() / "rlserver").string();
}

}  // namespace rl::load
