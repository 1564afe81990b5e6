#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/result.h"
#include "rl/base/wakener.h"
#include "rl/redis/link.h"
#include "rl/store/redis/ask_queue.h"
#include "rl/store/redis/batch.h"
#include "rl/store/redis/recent_times.h"
#include "rl/store/redis/server_time.h"

namespace rl::redis {

/// Sends asks to one Redis over one connection, on a thread of its own. What comes while a call is
/// under way goes out together in the next one, without any timer; an idle client sends at once,
/// and more calls are under way at a time when each is full. Connects in the background, again and
/// again; an ask that comes while there is no connection fails at once. What surely did not run is
/// sent once more while there is time; nothing else ever is. Everything is bounded: the queue, the
/// calls in flight, the buckets of a call, the time. Safe from several threads.
class Client {
 public:
  struct Options {
    RedisUrl url;
    std::string script;  ///< the text of decide.lua
    Micros connect_timeout = std::chrono::seconds{1};
    std::size_t max_queued = 10'000;                 ///< asks; more fail at once
    std::function<std::int64_t()> script_time = {};  ///< for tests: what the script goes by, in µs

    // What is told to the owner, on the client's thread; nothing of it blocks.
    std::function<void(bool in_time)> on_batch = [](bool) {};
    std::function<void()> on_connect = [] {};
    std::function<void()> on_lost = [] {};
  };

  /// Why an ask got no answer.
  enum class Miss : std::uint8_t { kLate, kUnreachable, kRefused, kOverflow };
  static constexpr std::size_t kMisses = 4;

  /// Numbers since the start, but the last three.
  struct Stats {
    std::uint64_t calls = 0;  ///< of the script
    std::uint64_t asks = 0;   ///< that went out in them
    std::array<std::uint64_t, kMisses> missed{};
    std::size_t queued = 0;
    RecentTimes::Quantiles call_times;  ///< of the latest calls, the way included
    Micros server_ahead{};  ///< the time of the server less the steady one of this host; 0: unknown
  };

  /// Clock and log outlive the client. Returns at once; connected() tells when there is a Redis.
  Client(Options options, const Clock& clock, const Log& log);
  ~Client();

  /// Takes the ask; `done` is called in every case, a few ms after the deadline at the latest.
  void submit(Ask ask);

  /// Fails what waits in the queue and nobody waits for any more. Only needed now and then, for the
  /// case that the client's own thread is held up, by a resolver of names that does not answer.
  void fail_late();

  bool connected() const { return connected_.load(std::memory_order_relaxed); }

  /// Waits until there is a connection or refusal(), at most that long.
  bool wait_until_connected(Micros timeout) const;

  /// Why the Redis that was reached is of no use and will not become so by waiting: a wrong
  /// password, a version that is too old. Nothing while that is not known.
  std::optional<Error> refusal() const;

  Stats stats() const;

 private:
  /// A command under way. One without asks loads the script; nobody waits for its reply.
  struct Call {
    Batch batch;
    Instant sent{};
    bool late = false;  ///< asks of it were failed; its reply is still to come
  };

  void run(const std::stop_token& stop);
  bool connect(Micros timeout);
  Result<void, LinkError> prepare(Link& link, Instant deadline);
  void serve(const std::stop_token& stop);
  void fill();
  std::vector<Ask> collect(Batch& batch);
  Micros time_to_connect();
  void send(Batch batch);
  bool receive();
  bool finish(const Reply& reply);
  bool refused(Call call, const std::string& why);
  bool give_up_late();
  void miss_one(Miss kind, const Ask& ask, const Error& why);
  void miss(Miss kind, const std::vector<Ask>& asks, const Error& why);
  void ask_again(std::vector<Ask> asks);
  void drop_connection();
  void fail_queue(const Error& why);
  void wait(Micros longest);
  std::optional<Micros> server_ahead() const;

  const Options options_;
  const Clock& clock_;
  const Log& log_;
  const Wakener wake_;  ///< there is something to do

  mutable std::mutex mutex_;
  AskQueue queue_;       // guarded by mutex_, as is what follows
  bool asleep_ = false;  ///< the thread waits and would send what comes at once
  std::optional<Error> refusal_;
  // Relaxed, all: each is a number of its own; the queue itself is behind the mutex, under which
  // connected_ is taken back, so that nothing is put there afterwards.
  std::atomic<bool> connected_{false};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> asks_{0};
  std::array<std::atomic<std::uint64_t>, kMisses> missed_{};
  RecentTimes call_times_;
  std::atomic<std::int64_t> server_ahead_us_{0};

  // Of the thread alone.
  std::unique_ptr<Link> link_;
  std::deque<Call> in_flight_;
  std::string script_hash_;
  ServerTime server_time_;
  bool told_ = false;  ///< that there is no connection, in the log

  std::jthread thread_;  // last: it uses the others
};

}  // namespace rl::redis
