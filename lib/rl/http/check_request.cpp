#include "rl/http/check_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rl/http/httplib_adapter.h"

namespace rl::http {
namespace {

Failure<Problem> bad(std::string detail) {
  return fail_with(Problem{.status = 400, .title = {}, .detail = std::move(detail)});
}

const Field* field_of(const PlainRequest& request, std::string_view name) {
  const auto& fields = request.head.fields;
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return same_word(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

/// Some proxies decode what they tell; a target has none of these characters raw.
std::string encoded_target(std::string_view target) {
  std::string encoded;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += byte > ' ' && byte < 0x7f ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

/// A pair of headers in which a proxy tells the route; empty when it does not.
std::string route_in(const PlainRequest& request, std::string_view method,
                     std::string_view target) {
  const Field* const told = field_of(request, target);
  if (told == nullptr) {
    return {};
  }
  const Field* const verb = field_of(request, method);
  const bool has_verb = verb != nullptr && !verb->value.empty();
  return std::string(has_verb ? verb->value : "GET") + " " + encoded_target(told->value);
}

}  // namespace

std::optional<std::pair<std::string, std::string>> parse_route(std::string_view text) {
  constexpr std::size_t kLongest = 8192;
  const std::size_t space = text.starts_with('/') ? std::string_view::npos : text.find(' ');
  const std::string_view method = space == std::string_view::npos ? "GET" : text.substr(0, space);
  std::string_view path = space == std::string_view::npos ? text : text.substr(space + 1);
  path = path.substr(0, path.find('?'));
  const bool method_ok =
      !method.empty() && method.size() <= 32 &&
      std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool path_ok = path.starts_with('/') && path.size() <= kLongest &&
                       std::all_of(path.begin(), path.end(), [](char c) {
                         return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
                       });
  if (!method_ok || !path_ok) {
    return std::nullopt;
  }
  return std::pair{std::string(method), std::string(path)};
}

Result<CheckRequest, Problem> parse_check_request(const PlainRequest& request,
                                                  const TrustedProxies& trusted) {
  CheckRequest asked;
  const httplib::Params query = query_of(request.head.target);
  std::string route;
  if (trusted.contains(request.ends.peer_ip)) {
    const std::string forwarded = route_in(request, "X-Forwarded-Method", "X-Forwarded-Uri");
    const std::string original = route_in(request, "X-Original-Method", "X-Original-URI");
    if (!forwarded.empty() && !original.empty() && forwarded != original) {
      // One of them is the proxy's and the other its client's, and there is no telling which.
      return bad("X-Forwarded-Uri and X-Original-URI name different routes");
    }
    route = forwarded.empty() ? original : forwarded;
  }
  if (const auto told = query.find("route"); route.empty() && told != query.end()) {
    route = told->second;
  }
  if (!route.empty()) {
    auto parsed = parse_route(route);
    if (!parsed) {
      return bad("the route is not METHOD and PATH, such as \"POST /v1/transcribe\"");
    }
    asked.method = std::move(parsed->first);
    asked.path = std::move(parsed->second);
  }
  if (const auto told = query.find("cost"); told != query.end()) {
    const std::string& text = told->second;
    std::uint32_t cost = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cost);
    if (error != std::errc{} || end != text.data() + text.size() || cost > kMaxCost) {
      return bad("?cost= is a whole number from 0 to 1000000");
    }
    asked.cost = cost;
  }
  if (const auto told = query.find("deny_status"); told != query.end()) {
    const std::string& text = told->second;
    if (text != "403" && text != "429") {
      return bad("?deny_status= is 403 or 429");
    }
    asked.denied_status = text == "403" ? 403 : 429;
  }
  return asked;
}

}  // namespace rl::http
