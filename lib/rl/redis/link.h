#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/redis/redis_url.h"

struct redisReader;

namespace rl::redis {

/// A reply, by value.
struct Reply {
  enum class Kind { kInteger, kText, kArray, kNothing, kError };
  Kind kind = Kind::kNothing;
  std::int64_t integer = 0;
  std::string text;  ///< of kText and kError
  std::vector<Reply> elements;
};

/// One connection to a Redis: bytes out, replies in, nothing waits unless it says so. The one place
/// that uses hiredis. Not safe from several threads.
class Link {
 public:
  /// Connects, logs in and picks the database, within `timeout` in all.
  static Result<std::unique_ptr<Link>> open(const RedisUrl& url, const Clock& clock,
                                            Micros timeout);

  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  int socket() const { return socket_; }

  /// Puts a command behind those that wait to be written.
  void queue(std::span<const std::string_view> words);

  bool has_output() const { return !output_.empty(); }

  /// Writes what the socket takes.
  Result<void> write();

  /// Reads what has come.
  Result<void> read();

  /// The next reply that has come in whole.
  Result<std::optional<Reply>> next();

  /// Sends one command and waits for its reply; only while no other is under way.
  Result<Reply> ask(std::span<const std::string_view> words, Instant deadline);

  /// The same; a reply that is an error is a failure.
  Result<Reply> call(std::span<const std::string_view> words, Instant deadline);

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Link(int socket, const Clock& clock, std::string peer);
  Result<void> log_in(const RedisUrl& url, Instant deadline);
  Result<void> wait_for(short events, Instant deadline) const;

  const int socket_;
  const Clock& clock_;
  const std::string peer_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::string output_;
};

}  // namespace rl::redis
