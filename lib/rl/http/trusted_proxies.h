#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rl/base/result.h"

namespace rl::http {

/// The peers whose word about their client is taken: where a request came from, and what it is
/// about. Whoever else sends such headers could choose its own.
class TrustedProxies {
 public:
  /// This machine alone.
  TrustedProxies();

  /// Addresses and networks, IPv4 or IPv6 ("10.0.0.0/8", "::1"), instead of this machine; "none"
  /// alone trusts nobody.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  /// Whether the address, as text, is one of them. An IPv4 address may be written as IPv6
  /// ("::ffff:127.0.0.1").
  bool contains(const std::string& ip) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  ///< of an IPv6 address, or one of IPv4 mapped to it
  struct Network {
    Bytes address{};
    unsigned bits = 0;  ///< of the address that count
  };

  explicit TrustedProxies(std::vector<Network> networks) : networks_(std::move(networks)) {}

  static std::optional<Bytes> bytes_of(const std::string& ip);
  static std::optional<Network> network_of(const std::string& text);

  std::vector<Network> networks_;
};

}  // namespace rl::http
