#include "rl/http/trusted_proxies.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace rl::http {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kBitsBeforeIpv4 = 96;

}  // namespace

TrustedProxies::TrustedProxies() : networks_({*network_of("127.0.0.0/8"), *network_of("::1")}) {}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  if (networks == std::vector<std::string>{"none"}) {
    return TrustedProxies(std::vector<Network>{});
  }
  std::vector<Network> parsed;
  for (const std::string& text : networks) {
    const auto network = network_of(text);
    if (!network) {
      return fail(fmt::format("\"{}\" is not a network", text),
                  "use ADDRESS or ADDRESS/BITS, such as 10.0.0.0/8 or ::1; or none");
    }
    parsed.push_back(*network);
  }
  return TrustedProxies(std::move(parsed));
}

bool TrustedProxies::contains(const std::string& ip) const {
  const auto address = bytes_of(ip);
  return address && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
           for (unsigned bit = 0; bit < network.bits; ++bit) {
             const unsigned mask = 0x80U >> (bit % 8);
             if ((((*address)[bit / 8] ^ network.address[bit / 8]) & mask) != 0) {
               return false;
             }
           }
           return true;
         });
}

std::optional<TrustedProxies::Bytes> TrustedProxies::bytes_of(const std::string& ip) {
  Bytes bytes{};
  if (::inet_pton(AF_INET6, ip.c_str(), bytes.data()) == 1) {
    return bytes;
  }
  bytes[10] = bytes[11] = 0xff;
  if (::inet_pton(AF_INET, ip.c_str(), bytes.data() + 12) == 1) {
    return bytes;
  }
  return std::nullopt;
}

std::optional<TrustedProxies::Network> TrustedProxies::network_of(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string ip = text.substr(0, slash);
  const auto address = bytes_of(ip);
  if (!address) {
    return std::nullopt;
  }
  if (slash == text.size()) {
    return Network{*address, kBits};
  }
  const unsigned before = ip.find(':') == std::string::npos ? kBitsBeforeIpv4 : 0;
  unsigned bits = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
  if (error != std::errc{} || stop != end || bits > kBits - before) {
    return std::nullopt;
  }
  return Network{*address, before + bits};
}

}  // namespace rl::http
