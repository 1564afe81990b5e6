#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "rl/store/redis/redis_store.h"
#include "tests/support/free_port.h"
#include "tests/support/redis_server.h"
#include "tests/support/scripted_redis.h"

using namespace std::chrono_literals;

namespace {

/// One that answers calls of the script with these, one after the other, and all else as a Redis.
class RefusingRedis {
 public:
  explicit RefusingRedis(std::vector<std::string> replies) : replies_(std::move(replies)) {}

  rl::RedisUrl url() const {
    return {.host = "", .socket = server_.socket(), .user = "", .password = "", .ca_file = ""};
  }
  std::size_t calls() const { return calls_; }
  int connections() const { return connections_; }

 private:
  std::string answer(std::string_view asked) {
    const auto is = [&](std::string_view word) { return asked.find(word) != asked.npos; };
    if (is("EVALSHA")) {
      const std::size_t call = calls_++;
      return call < replies_.size() ? replies_[call] : "-ERR asked too often\r\n";
    }
    if (is("INFO")) {
      ++connections_;
      return "$20\r\nredis_version:7.0.15\r\n";
    }
    if (is("TIME")) {
      return "*2\r\n$1\r\n1\r\n$1\r\n0\r\n";
    }
    return is("SCRIPT") ? "$1\r\nf\r\n" : "+PONG\r\n";
  }

  const std::vector<std::string> replies_;
  std::atomic<std::size_t> calls_{0};
  std::atomic<int> connections_{0};
  const rl::test::ScriptedRedis server_{[this](std::string_view asked) { return answer(asked); }};
};

/// Asks a Redis for one unit.
struct Asking {
  explicit Asking(const rl::RedisUrl& url) : store({.url = url, .deadline = 10s}, clock, log) {
    REQUIRE(store.wait_until_connected(20s));
  }
  rl::Result<std::string_view> ask() {
    const rl::Charge charge{.bucket = {.owner = "k:1", .rule = "t/1m"},
                            .limit = {.window = 60s, .units = 10, .base = 10, .degraded = 10}};
    return store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1));
  }

  /// Until the connection has held so long that it is made anew at once.
  void hold() const {
    const rl::Instant end = clock.now() + 300ms;
    while (clock.now() < end) {
      std::this_thread::yield();
    }
  }

  const rl::SystemClock clock;
  const rl::Log log{rl::LogLevel::kError};
  rl::RedisStore store;
  rl::Decision decision;
};

const std::string kAdmitted = "*5\r\n:1\r\n:1\r\n:9\r\n:0\r\n:60000000\r\n";

/// How often a Redis has told this error.
int told(const rl::test::RedisServer& server, const std::string& code) {
  const std::string stats = server.call({"INFO", "errorstats"}).text;
  const std::string name = "errorstat_" + code + ":count=";
  const std::size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoi(stats.substr(at + name.size()));
}

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("redis: what surely did not run is asked once more, and nothing else is") {
    struct Row {
      std::vector<std::string> replies;
      bool answered;
      std::size_t calls;
      int connections;
    };
    const Row rows[] = {
        {{kAdmitted}, true, 1, 1},
        {{"-LOADING Redis is loading the dataset in memory\r\n", kAdmitted}, true, 2, 1},
        {{"-TRYAGAIN Multiple keys request during rehashing\r\n", kAdmitted}, true, 2, 1},
        {{"-MOVED 3999 127.0.0.1:6381\r\n", kAdmitted}, true, 2, 2},
        {{"-ASK 3999 127.0.0.1:6381\r\n", kAdmitted}, true, 2, 2},
        {{"-MASTERDOWN Link with MASTER is down\r\n", kAdmitted}, true, 2, 2},
        {{"-LOADING Redis is loading\r\n", "-LOADING Redis is loading\r\n", kAdmitted},
         false,
         2,
         1},
        {{"-ERR something else\r\n", kAdmitted}, false, 1, 1},
        // A command of the script failed: one before it may have counted.
        {{"-OOM command not allowed. script: f, on @user_script:9.\r\n", kAdmitted}, false, 1, 1},
    };
    for (const Row& row : rows) {
      CAPTURE(row.replies.front());
      const RefusingRedis redis(row.replies);
      Asking asking(redis.url());
      if (row.connections > 1) {
        asking.hold();
      }
      CHECK(asking.ask().has_value() == row.answered);
      CHECK(redis.calls() == row.calls);
      CHECK(redis.connections() == row.connections);
      CHECK(asking.store.shared_stats().refused == (row.answered ? 0 : 1));
    }
  }

  TEST_CASE("redis: a call that a real Redis refuses counts nothing and is asked twice") {
    struct Row {
      std::string code;
      std::vector<std::vector<std::string>> commands;  ///< which bring it about
    };
    const Row rows[] = {
        {"OOM", {{"CONFIG", "SET", "maxmemory", "1"}}},
        {"NOREPLICAS", {{"CONFIG", "SET", "min-replicas-to-write", "1"}}},
        {"READONLY", {{"REPLICAOF", "127.0.0.1", "1"}}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.code);
      const rl::test::RedisServer server;
      Asking asking(server.url());
      REQUIRE(asking.ask().has_value());
      asking.hold();
      for (const auto& command : row.commands) {
        server.call(command);
      }
      const auto refused = asking.ask();
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().message.find(row.code) != std::string::npos);
      CHECK(told(server, row.code) == 2);
      for (const auto& command : {std::vector<std::string>{"REPLICAOF", "NO", "ONE"},
                                  {"CONFIG", "SET", "maxmemory", "0"},
                                  {"CONFIG", "SET", "min-replicas-to-write", "0"}}) {
        server.call(command);
      }
      const rl::Instant end = asking.clock.now() + 20s;
      while (!asking.ask().has_value() && asking.clock.now() < end) {
        asking.store.wait_until_connected(100ms);
      }
      CHECK(asking.decision.remaining == 8);  // the one before and this one
    }
  }

  TEST_CASE("redis: a node of a cluster that serves no slots is told as such") {
    const rl::test::RedisServer server(
        {.flags = {"--port", std::to_string(rl::test::free_port()), "--cluster-enabled", "yes",
                   "--cluster-port", std::to_string(rl::test::free_port())}});
    Asking asking(server.url());
    const auto refused = asking.ask();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("CLUSTERDOWN") != std::string::npos);
    CHECK(told(server, "CLUSTERDOWN") == 2);
  }
}
