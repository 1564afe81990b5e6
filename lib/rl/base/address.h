#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl {

/// Where a listener is: an IP address or host name, and a TCP port (0: any free one).
struct Address {
  std::string host;
  std::uint16_t port = 0;

  /// "127.0.0.1:8080", or "[::1]:8080" for IPv6.
  std::string to_string() const;

  /// Whether only this machine can reach it: 127.0.0.0/8, ::1 or "localhost".
  bool is_loopback() const;
};

/// Reads "HOST:PORT", "[IPV6]:PORT" or ":PORT" (all interfaces).
Result<Address> parse_address(std::string_view text);

}  // namespace rl
