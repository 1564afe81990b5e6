#include "tests/support/rlserver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "rl/base/file.h"

namespace rl::test {
namespace {

constexpr Micros kReplyTimeout = std::chrono::seconds{20};
constexpr int kReadyChecks = 4000;  // of 5 ms each

}  // namespace

RlServer::RlServer(const RlServerOptions& options)
    : data_dir_(options.data_dir.empty() ? directory_.path() + "/data" : options.data_dir),
      ready_file_(directory_.path() + "/ready.json") {
  std::vector<std::string> argv = {program("rlserver")};
  const std::pair<std::string, std::string> own[] = {{"--tiers", options.tiers},
                                                     {"--listen", "127.0.0.1:0"},
                                                     {"--admin-listen", "127.0.0.1:0"},
                                                     {"--data-dir", data_dir_},
                                                     {"--ready-file", ready_file_}};
  for (const auto& [flag, value] : own) {
    const auto& given = options.flags;
    if (std::find(given.begin(), given.end(), flag) == given.end()) {
      argv.insert(argv.end(), {flag, value});
    }
  }
  if (options.dev) {
    argv.emplace_back("--dev");
  }
  argv.insert(argv.end(), options.flags.begin(), options.flags.end());
  Environment environment = clean_environment();
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  auto started = ChildProcess::start({.argv = argv,
                                      .environment = environment,
                                      .stdout_path = directory_.path() + "/out",
                                      .stderr_path = directory_.path() + "/log"});
  REQUIRE(started.has_value());
  process_.emplace(std::move(*started));
  wait_until_ready();
}

void RlServer::wait_until_ready() {
  for (int i = 0; i < kReadyChecks && !std::filesystem::exists(ready_file_); ++i) {
    const auto ended = process_->wait(std::chrono::milliseconds{5});
    REQUIRE_MESSAGE(!ended.has_value(), "rlserver ended: " << log());
  }
  const auto ready =
      nlohmann::json::parse(read_file(ready_file_).value_or(""), nullptr, /*exceptions=*/false);
  REQUIRE_MESSAGE(ready.is_object(), "rlserver is not ready: " << log());
  data_ = parse_address(ready.value("data", "")).value();
  admin_ = parse_address(ready.value("admin", "")).value();
}

std::string RlServer::token() const {
  std::string token = read_file(data_dir_ + "/admin-token").value_or("");
  token.erase(token.find_last_not_of('\n') + 1);
  return token;
}

std::string RlServer::out() const {
  return read_file(directory_.path() + "/out").value_or("");
}

std::string RlServer::log() const {
  return read_file(directory_.path() + "/log").value_or("");
}

client::HttpReply RlServer::get(const std::string& target, const std::string& key) const {
  client::HttpRequest request{.target = target};
  if (!key.empty()) {
    request.headers = {{"X-API-Key", key}};
  }
  return ask(data_, request);
}

client::HttpReply RlServer::ask_admin(client::HttpRequest request,
                                      const std::optional<std::string>& token) const {
  request.headers.emplace_back("Authorization", "Bearer " + token.value_or(this->token()));
  return ask(admin_, request);
}

Finished RlServer::rlctl(const std::vector<std::string>& arguments,
                         const std::string& input) const {
  std::vector<std::string> argv = {program("rlctl"), "--timeout", "20s"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run({.argv = argv, .input = input, .environment = {{"RL_DATA_DIR", data_dir_}}});
}

client::HttpReply ask(const Address& peer, const client::HttpRequest& request) {
  client::HttpConnection connection(peer, kReplyTimeout);
  const auto reply = connection.send(request);
  REQUIRE_MESSAGE(reply.has_value(), (reply ? "" : reply.error().message));
  return *reply;
}

std::string header(const client::HttpReply& reply, std::string_view name) {
  return std::string(reply.header(name).value_or(""));
}

}  // namespace rl::test
