#pragma once

#include <optional>
#include <string>

#include "rl/base/process.h"
#include "rl/redis/redis_url.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

/// A real redis-server on a unix socket in a directory of its own, which keeps nothing on disk.
/// Answers from construction on; gone with its owner.
class RedisServer {
 public:
  RedisServer();

  RedisUrl url() const { return {.host = "", .socket = socket(), .user = "", .password = ""}; }
  std::string socket() const { return directory_.path() + "/redis.sock"; }

  void signal(int number) { process_->signal(number); }
  void kill();   ///< as a crash: at once
  void start();  ///< anew and empty, after kill()

 private:
  TemporaryDirectory directory_;
  std::optional<ChildProcess> process_;
};

}  // namespace rl::test
