#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl {

/// Where a Redis is and how to log in.
struct RedisUrl {
  std::string host;           ///< empty with a unix socket
  std::uint16_t port = 6379;  ///< of `host`
  std::string socket;         ///< path of a unix socket; empty with a host
  std::string user;           ///< empty: the default user
  std::string password;       ///< empty: no AUTH
  unsigned database = 0;

  /// For logs and errors: never the password.
  std::string to_string() const;
};

/// Reads redis://[[user]:password@]host[:port][/database] or
/// unix://[[user]:password@]/path/of/socket[?db=database]. User and password may be
/// percent-encoded. rediss:// (TLS) is refused: it is not built in.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace rl
