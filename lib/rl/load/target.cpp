#include "rl/load/target.h"

#include <fmt/core.h>

#include <algorithm>

#include "rl/base/text.h"

namespace rl::load {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kTlsScheme = "https://";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// RFC 9110, section 5.6.2.
bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// Whether a port follows the host, which may be an IPv6 address in brackets.
bool has_port(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket) !=
         std::string_view::npos;
}

}  // namespace

Result<Target> parse_target(std::string_view url) {
  const auto bad = [&](std::string_view why) {
    return fail(fmt::format("\"{}\" is not a target: {}", url, why),
                "write it like http://127.0.0.1:8080/test");
  };
  const std::string lower = to_lower(url.substr(0, kTlsScheme.size()));
  const bool tls = lower == kTlsScheme;
  if (!tls && !lower.starts_with(kScheme)) {
    return bad("it does not start with http:// or https://");
  }
  const bool odd = std::any_of(url.begin(), url.end(),
                               [](char c) { return is_control(c) || c == ' ' || c == '#'; });
  if (odd) {
    return bad("it has a space, a control character or a fragment");
  }
  const std::string_view rest = url.substr(tls ? kTlsScheme.size() : kScheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) {
    return bad("credentials in the URL are not supported, use --key-file or --header");
  }
  if (authority.empty() || authority.starts_with(':')) {
    return bad("it has no host");
  }
  const Result<Address> address =
      parse_address(has_port(authority) ? std::string(authority)
                                        : fmt::format("{}:{}", authority, tls ? 443 : 80));
  if (!address) {
    return bad(address.error().message);
  }
  if (address->port == 0) {
    return bad("no server listens on port 0");
  }
  const std::string_view path = rest.substr(authority.size());
  return Target{.address = *address,
                .path = path.starts_with('/') ? std::string(path) : fmt::format("/{}", path),
                .tls = tls};
}

Result<std::pair<std::string, std::string>> parse_header(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() ||
      !std::all_of(name.begin(), name.end(), is_token_character)) {
    // The text is not repeated: it may hold a key.
    return fail("a header has no name", "write it like --header 'X-API-Key: KEY'");
  }
  const std::string_view value = trim(text.substr(colon + 1));
  if (value.empty() || std::any_of(value.begin(), value.end(), is_control)) {
    return fail(
        fmt::format("the header {} has an empty value or one with control characters", name),
        "write it like --header 'X-API-Key: KEY'");
  }
  return std::pair(std::string(name), std::string(value));
}

}  // namespace rl::load
