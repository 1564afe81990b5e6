#include "tests/support/redis_server.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <array>

#include "rl/redis/link.h"

namespace rl::test {

RedisServer::RedisServer() {
  start();
}

void RedisServer::start() {
  auto started = ChildProcess::start(
      {.argv = {"/usr/bin/redis-server", "--port", "0", "--unixsocket", socket(), "--save", "",
                "--appendonly", "no", "--dir", directory_.path()},
       .stdout_path = directory_.path() + "/out",
       .stderr_path = directory_.path() + "/err"});
  REQUIRE(started.has_value());
  process_.emplace(std::move(*started));
  const SystemClock clock;
  const Instant end = clock.now() + std::chrono::seconds{30};
  while (!redis::Link::open(url(), clock, std::chrono::milliseconds{100})) {
    REQUIRE(clock.now() < end);
  }
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  static_cast<void>(process_->wait(std::chrono::seconds{30}));
}

}  // namespace rl::test
