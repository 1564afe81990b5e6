#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <thread>

#include "rl/base/clock.h"
#include "rl/redis/redis_url.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

/// Stands between a client and a Redis on unix sockets, and does to what passes what a test asks
/// for. Works from construction to destruction, on a thread of its own.
class FaultProxy {
 public:
  enum class Fault {
    kNone,
    kDelay,      ///< replies come 50 ms later
    kBlackHole,  ///< nothing comes out on either side; connections are accepted
    kCutReply,   ///< the next reply ends after 3 bytes, and so does its connection
  };

  explicit FaultProxy(std::string target_socket);
  ~FaultProxy();

  RedisUrl url() const {
    return {.host = "", .socket = socket(), .user = "", .password = "", .ca_file = ""};
  }

  void set(Fault fault) { fault_.store(fault); }

  /// How many calls of a script clients have sent.
  std::uint64_t calls() const { return calls_.load(); }

 private:
  /// Bytes that are on their way to the client.
  struct Reply {
    Instant due;
    std::string bytes;
  };
  struct Pair {
    int client;
    int server;
    std::deque<Reply> replies = {};
  };

  std::string socket() const { return directory_.path() + "/proxy.sock"; }
  void run(const std::stop_token& stop);
  void accept_one();
  bool pass(Pair& pair);
  bool pass_requests(Pair& pair);
  bool take_replies(Pair& pair);
  bool give_replies(Pair& pair);

  const SystemClock clock_;
  const TemporaryDirectory directory_;
  const std::string target_;
  int listener_ = -1;
  std::atomic<Fault> fault_{Fault::kNone};
  std::atomic<std::uint64_t> calls_{0};
  std::list<Pair> pairs_;  // of the thread alone
  std::jthread thread_;    // last: it uses the others
};

}  // namespace rl::test
