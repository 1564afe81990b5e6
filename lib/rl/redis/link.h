#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/redis/redis_url.h"
#include "rl/redis/tls.h"

struct redisReader;

namespace rl::redis {

/// A reply, by value.
struct Reply {
  enum class Kind { kInteger, kText, kArray, kNothing, kError };
  Kind kind = Kind::kNothing;
  std::int64_t integer = 0;
  std::string text;                    ///< of kText and kError
  std::vector<Reply> elements;         ///< of kArray
  std::vector<std::int64_t> integers;  ///< those of them that are kInteger
};

/// Why a Redis did not do what it was asked.
struct LinkError : Error {
  LinkError(Error error, bool is_refused = false)  // NOLINT: implicit by design
      : Error(std::move(error)), refused(is_refused) {}

  /// It was reached and is of no use, which waiting does not change: a wrong password or database,
  /// a certificate that is not trusted.
  bool refused;
};

/// One connection to a Redis: bytes out, replies in, nothing waits unless it says so. The one place
/// that uses hiredis. Not safe from several threads.
class Link {
 public:
  /// Connects, with TLS if the URL says so, logs in and picks the database, within `timeout` in
  /// all.
  static Result<std::unique_ptr<Link>, LinkError> open(const RedisUrl& url, const Clock& clock,
                                                       Micros timeout);

  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  int socket() const { return socket_; }

  /// Puts a command behind those that wait to be written.
  void queue(std::span<const std::string_view> words);

  bool has_output() const { return !output_.empty() || !wire_.empty(); }

  /// Writes what the socket takes.
  Result<void> write();

  /// Reads what has come.
  Result<void> read();

  /// The next reply that has come in whole.
  Result<std::optional<Reply>> next();

  /// Sends one command and waits for its reply; only while no other is under way.
  Result<Reply> ask(std::span<const std::string_view> words, Instant deadline);

  /// The same; a reply that is an error is a failure.
  Result<Reply, LinkError> call(std::span<const std::string_view> words, Instant deadline);

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Link(int socket, const Clock& clock, std::string peer);
  Result<void, LinkError> start_tls(const RedisUrl& url, Instant deadline);
  Result<void, LinkError> log_in(const RedisUrl& url, Instant deadline);
  Result<std::string> receive();
  Result<void> wait_for(short events, Instant deadline) const;

  const int socket_;
  const Clock& clock_;
  const std::string peer_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::unique_ptr<Tls> tls_;  ///< nullptr: as it is
  std::string output_;        ///< commands
  std::string wire_;          ///< bytes on their way
};

}  // namespace rl::redis
