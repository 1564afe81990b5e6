#include "rl/config/route_match.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "rl/config/names.h"
#include "rl/config/route_path.h"

namespace rl {
namespace {

constexpr std::size_t kLongestMatch = 256;  // bytes; a match is part of its rules' bucket names

/// RFC 9110 section 9 and RFC 5789, and the sign for all of them.
const std::vector<std::string>& methods() {
  static const std::vector<std::string> known = {"GET",    "HEAD",    "POST",  "PUT",     "PATCH",
                                                 "DELETE", "OPTIONS", "TRACE", "CONNECT", "*"};
  return known;
}

bool is_graphic(char c) {
  return c > ' ' && c <= '~';
}

Result<void> check_path(std::string_view path) {
  if (path.find_first_of(" \t\r\n") != std::string_view::npos) {
    return fail(fmt::format("the path {} contains white space", quoted(path)),
                "write one space between method and path, and %20 inside the path");
  }
  if (!path.starts_with('/')) {
    return fail(fmt::format("the path {} does not start with \"/\"", quoted(path)));
  }
  if (path.find_first_of("?#") != std::string_view::npos) {
    return fail(fmt::format("the path {} contains \"?\" or \"#\"", quoted(path)),
                "a match is made without the query");
  }
  if (!std::all_of(path.begin(), path.end(), is_graphic)) {
    return fail(fmt::format("the path {} is not plain ASCII", quoted(path)),
                "write it percent-encoded, as clients send it");
  }
  const std::size_t star = path.find('*');
  if (star != std::string_view::npos && (star + 1 != path.size() || path[star - 1] != '/')) {
    return fail(fmt::format("the path {} has a \"*\" that is not a trailing \"/*\"", quoted(path)));
  }
  return {};
}

}  // namespace

Result<RouteMatch> parse_route_match(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    return fail(fmt::format("{} is not a method and a path", quoted(text)),
                "write it like \"POST /v1/transcribe\" or \"* /v1/*\"");
  }
  const std::string_view method = text.substr(0, space);
  std::string_view path = text.substr(space + 1);
  if (std::find(methods().begin(), methods().end(), method) == methods().end()) {
    return fail(fmt::format("unknown method {}", quoted(method)), suggest(method, methods()));
  }
  if (const auto checked = check_path(path); !checked) {
    return fail_with(checked.error());
  }
  if (text.size() > kLongestMatch) {
    return fail(
        fmt::format("a match of {} bytes is too long: at most {}", text.size(), kLongestMatch));
  }
  const bool below = path.ends_with('*');
  path.remove_suffix(below ? 1 : 0);
  return RouteMatch{std::string(method), canonical_path(path), below};
}

}  // namespace rl
