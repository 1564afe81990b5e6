#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rl/base/process.h"
#include "rl/redis/link.h"
#include "rl/redis/redis_url.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

/// A real redis-server on a unix socket in a directory of its own, which keeps nothing on disk.
/// Answers from construction on; gone with its owner.
class RedisServer {
 public:
  struct Options {
    std::vector<std::string> flags = {};                                ///< more of redis-server
    std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to ours
  };

  RedisServer() : RedisServer(Options()) {}
  explicit RedisServer(Options options);

  RedisUrl url() const {
    return {.host = "", .socket = socket(), .user = "", .password = "", .ca_file = ""};
  }
  std::string socket() const { return directory_.path() + "/redis.sock"; }

  /// The reply to a command, over a connection of its own.
  redis::Reply call(const std::vector<std::string>& words) const;

  void signal(int number) { process_->signal(number); }
  void kill();   ///< as a crash: at once
  void start();  ///< anew and empty, after kill()

 private:
  const Options options_;
  TemporaryDirectory directory_;
  std::optional<ChildProcess> process_;
};

}  // namespace rl::test
