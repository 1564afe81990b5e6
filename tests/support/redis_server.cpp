#include "tests/support/redis_server.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <array>

#include "rl/redis/link.h"

namespace rl::test {

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  start();
}

void RedisServer::start() {
  std::vector<std::string> argv = {
      "/usr/bin/redis-server", "--port", "0",     "--unixsocket",   socket(), "--save", "",
      "--appendonly",          "no",     "--dir", directory_.path()};
  argv.insert(argv.end(), options_.flags.begin(), options_.flags.end());
  auto started = ChildProcess::start({.argv = std::move(argv),
                                      .environment = options_.environment,
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

redis::Reply RedisServer::call(const std::vector<std::string>& words) const {
  const SystemClock clock;
  auto link = redis::Link::open(url(), clock, std::chrono::seconds{30});
  REQUIRE(link.has_value());
  const std::vector<std::string_view> views(words.begin(), words.end());
  auto reply = (*link)->call(views, clock.now() + std::chrono::seconds{30});
  REQUIRE(reply.has_value());
  return std::move(*reply);
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  static_cast<void>(process_->wait(std::chrono::seconds{30}));
}

}  // namespace rl::test
