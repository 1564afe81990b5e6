#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/redis/link.h"

namespace rl::redis {

/// One request to the script: the buckets of one group.
struct Ask {
  std::vector<std::string> keys;
  /// What decide.lua takes for each bucket, but group and deadline, which the client fills in.
  std::vector<std::string> fields;
  Instant deadline{};  ///< after it Redis records nothing, and nobody waits any more

  /// Called once, on the client's thread or on that of submit(): the numbers of the group out of
  /// the script's reply, or why there are none. Does not block.
  std::function<void(const Result<std::vector<std::int64_t>>&)> done;
};

/// Sends asks to one Redis over one connection, on a thread of its own. What comes while earlier
/// calls are under way goes out together in the next one; an idle client sends at once. Connects in
/// the background, again and again; an ask that comes while there is no connection fails at once.
/// Everything is bounded: the queue, the calls in flight, the buckets of a call, the time. Safe
/// from several threads.
class Client {
 public:
  struct Options {
    RedisUrl url;
    std::string script;  ///< the text of decide.lua
    Micros connect_timeout = std::chrono::seconds{1};
    std::size_t max_queued = 10'000;                 ///< asks; more fail at once
    std::function<std::int64_t()> script_time = {};  ///< for tests: what the script goes by, in µs
  };

  /// Clock and log outlive the client. Returns at once; connected() tells when there is a Redis.
  Client(Options options, const Clock& clock, const Log& log);
  ~Client();

  /// Takes the ask; `done` is called in every case.
  void submit(Ask ask);

  bool connected() const { return connected_.load(std::memory_order_relaxed); }

  /// Waits until there is a connection, at most that long.
  bool wait_until_connected(Micros timeout) const;

 private:
  /// A command under way. One without asks loads the script; nobody waits for its reply.
  struct Call {
    std::vector<Ask> asks;
  };

  void run(const std::stop_token& stop);
  bool connect();
  void serve(const std::stop_token& stop);
  void fill();
  void send(Call call);
  bool receive();
  bool finish(const Reply& reply);
  bool refused(Call call, const std::string& why);
  void fail_all(const Error& why);
  void wait_for_work(Micros longest);
  void wake() const;
  std::int64_t server_deadline(Instant deadline) const;

  const Options options_;
  const Clock& clock_;
  const Log& log_;
  const int wake_;  ///< an eventfd: there is something in the queue

  std::mutex mutex_;
  std::deque<Ask> queue_;  // guarded by mutex_
  // Relaxed: it only says whether it is worth to queue; the queue itself is behind the mutex.
  std::atomic<bool> connected_{false};

  // Of the thread alone.
  std::unique_ptr<Link> link_;
  std::deque<Call> in_flight_;
  std::string script_hash_;
  std::int64_t server_ahead_us_ = 0;  ///< the server's time less ours
  bool knows_server_time_ = false;
  bool told_ = false;  ///< that there is no connection, in the log

  std::jthread thread_;  // last: it uses the others
};

}  // namespace rl::redis
