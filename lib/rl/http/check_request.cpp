#include "rl/http/check_request.h"

#include <algorithm>
#include <charconv>

#include "rl/base/address.h"

namespace rl::http {
namespace {

Failure<Problem> bad(std::string detail) {
  return fail_with(Problem{.status = 400, .title = {}, .detail = std::move(detail)});
}

/// The route as the asking proxy tells it in its headers; empty when it does not.
std::string forwarded_route(const httplib::Request& request) {
  for (const auto& [method, target] : {std::pair{"X-Forwarded-Method", "X-Forwarded-Uri"},
                                       std::pair{"X-Original-Method", "X-Original-URI"}}) {
    if (request.has_header(target)) {
      const std::string verb = request.get_header_value(method);
      return (verb.empty() ? "GET" : verb) + " " + request.get_header_value(target);
    }
  }
  return {};
}

}  // namespace

std::optional<std::pair<std::string, std::string>> parse_route(std::string_view text) {
  constexpr std::size_t kLongest = 8192;
  const std::size_t space = text.find(' ');
  const std::string_view method = space == std::string_view::npos ? "GET" : text.substr(0, space);
  std::string_view path = space == std::string_view::npos ? text : text.substr(space + 1);
  path = path.substr(0, path.find('?'));
  const bool method_ok =
      !method.empty() && method.size() <= 32 &&
      std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool path_ok = path.starts_with('/') && path.size() <= kLongest &&
                       std::all_of(path.begin(), path.end(), [](char c) {
                         return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
                       });
  if (!method_ok || !path_ok) {
    return std::nullopt;
  }
  return std::pair{std::string(method), std::string(path)};
}

Result<CheckRequest, Problem> parse_check_request(const httplib::Request& request) {
  CheckRequest asked;
  std::string route;
  // remote_addr, not the header REMOTE_ADDR, which a client can send itself.
  if (Address{request.remote_addr, 0}.is_loopback()) {
    route = forwarded_route(request);
  }
  if (route.empty()) {
    route = request.get_param_value("route");
  }
  if (!route.empty()) {
    auto parsed = parse_route(route);
    if (!parsed) {
      return bad("the route is not METHOD and PATH, such as \"POST /v1/transcribe\"");
    }
    asked.method = std::move(parsed->first);
    asked.path = std::move(parsed->second);
  }
  if (request.has_param("cost")) {
    const std::string text = request.get_param_value("cost");
    std::uint32_t cost = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cost);
    if (error != std::errc{} || end != text.data() + text.size() || cost > kMaxCost) {
      return bad("?cost= is a whole number from 0 to 1000000");
    }
    asked.cost = cost;
  }
  if (request.has_param("deny_status")) {
    const std::string text = request.get_param_value("deny_status");
    if (text != "403" && text != "429") {
      return bad("?deny_status= is 403 or 429");
    }
    asked.denied_status = text == "403" ? 403 : 429;
  }
  return asked;
}

}  // namespace rl::http
