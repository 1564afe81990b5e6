#include "rl/http/request_target.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace rl::http {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) {
  // A comma would be allowed by RFC 3986; here it can only be two hosts in one field.
  return is_alphanumeric(c) ||
         std::string_view("-._~%!$&'()*+;=").find(c) != std::string_view::npos;
}

bool is_address_character(char c) {
  return is_alphanumeric(c) || c == ':' || c == '.';
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;  ///< empty: that of the scheme
};

std::optional<HostAndPort> split_host(std::string_view text) {
  const bool is_address = text.starts_with('[');
  const std::size_t end = is_address ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view host = text.substr(0, is_address ? end + 1 : end);
  const std::string_view inside = is_address ? host.substr(1, end - 1) : host;
  if (inside.empty() || !std::all_of(inside.begin(), inside.end(),
                                     is_address ? is_address_character : is_name_character)) {
    return std::nullopt;
  }
  std::string_view port = text.substr(host.size());
  if (port.empty()) {
    return HostAndPort{host, {}};
  }
  port.remove_prefix(1);
  std::uint16_t number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (text[host.size()] != ':' || stop != port.data() + port.size() ||
      (!port.empty() && error != std::errc{})) {
    return std::nullopt;
  }
  return HostAndPort{host, port};
}

bool same_host(std::string_view one, std::string_view other, std::string_view default_port) {
  const auto left = split_host(one);
  const auto right = split_host(other);
  const auto port_of = [&](const HostAndPort& host) {
    return host.port.empty() ? default_port : host.port;
  };
  return left && right && same_word(left->host, right->host) && port_of(*left) == port_of(*right);
}

}  // namespace

bool is_host(std::string_view text) {
  return split_host(text).has_value();
}

Result<std::string, Refusal> origin_form(std::string_view target, const TargetContext& context) {
  const bool visible = std::all_of(target.begin(), target.end(),
                                   [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
  if (!visible) {
    return fail_with(Refusal{400, "a target has visible ASCII characters and no fragment"});
  }
  if (target.starts_with('/') || (target == "*" && context.options)) {
    return std::string(target);
  }
  const std::size_t colon = std::min(target.find("://"), target.size());
  const std::string_view scheme = target.substr(0, colon);
  if (colon == target.size() || !(same_word(scheme, "http") || same_word(scheme, "https"))) {
    return fail_with(Refusal{400, "a target begins with a slash"});
  }
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view default_port = same_word(scheme, "http") ? "80" : "443";
  if (!context.host || !same_host(rest.substr(0, slash), *context.host, default_port)) {
    return fail_with(Refusal{400, "the target and the Host name different hosts"});
  }
  const std::string_view path = rest.substr(slash);
  return (path.starts_with('/') ? "" : "/") + std::string(path);
}

}  // namespace rl::http
