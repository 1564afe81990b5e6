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
  bool tls = false;     ///< with a host: its certificate is checked
  std::string ca_file;  ///< of a PEM file with the authorities to trust; empty: the system's

  /// For logs and errors: never the password.
  std::string to_string() const;
};

/// Reads redis://[[user]:password@]host[:port][/database],
/// rediss://[[user]:password@]host[:port][/database][?ca=/path/of/authorities.pem] (TLS) or
/// unix://[[user]:password@]/path/of/socket[?db=database]. User, password and the file may be
/// percent-encoded.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace rl
