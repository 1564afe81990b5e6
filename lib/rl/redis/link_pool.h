#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/redis/link.h"

namespace rl::redis {

/// Why a call has no reply.
struct CallError {
  bool sent = false;  ///< it may have been carried out all the same
  Error error;
};

/// A script on one Redis, called by many threads, each over a connection of its own while it waits.
/// Everything is bounded: the connections, and the time of a call, the wait for a connection
/// included. After a failure no call is tried for a moment, so that a Redis that is gone costs
/// nearly nothing. Safe from several threads.
class LinkPool {
 public:
  struct Options {
    RedisUrl url;
    std::string script;
    std::size_t max_links = 8;
    Micros rest = std::chrono::milliseconds{250};  ///< after a failure
  };

  /// The clock is that of sockets: real time. It outlives the pool.
  LinkPool(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  /// Calls the script with these arguments and without keys. The argument at `deadline_at` is
  /// replaced by the deadline in µs of that server's time, for the script to look at. A reply that
  /// is an error is a failure, of what was not carried out.
  Result<Reply, CallError> call(std::vector<std::string> arguments, std::size_t deadline_at,
                                Instant deadline);

  /// One command.
  Result<Reply, CallError> command(std::span<const std::string_view> words, Instant deadline);

 private:
  struct Line {
    std::unique_ptr<Link> link;
    std::string script_hash;
    std::int64_t server_ahead_us = 0;  ///< the server's time less ours, or a little less
  };
  using MaybeLine = Result<Line, CallError>;

  /// A connection of the caller's alone: one that rests, or a new one.
  MaybeLine take(Instant deadline);
  MaybeLine open(Instant deadline) const;
  void give_back(Line line);
  void lose();  ///< a connection that failed
  Result<Reply, CallError> send(Line line, std::span<const std::string_view> words,
                                Instant deadline);

  const Options options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<Line> resting_;  // guarded by mutex_
  std::size_t open_ = 0;       // guarded by mutex_; the resting ones and those in use
  Instant rests_until_{};      // guarded by mutex_
};

}  // namespace rl::redis
