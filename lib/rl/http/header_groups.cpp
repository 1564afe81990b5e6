#include "rl/http/header_groups.h"

#include <fmt/core.h>

#include <algorithm>

namespace rl::http {
namespace {

/// The switch of that name, or nullptr.
bool* find_switch(HeaderGroups& groups, std::string_view name) {
  if (name == "x-ratelimit") {
    return &groups.x_ratelimit;
  }
  if (name == "ratelimit") {
    return &groups.ratelimit;
  }
  if (name == "context") {
    return &groups.context;
  }
  return name == "server-timing" ? &groups.server_timing : nullptr;
}

}  // namespace

Result<HeaderGroups> parse_header_groups(std::string_view list) {
  HeaderGroups groups{
      .x_ratelimit = false, .ratelimit = false, .context = false, .server_timing = false};
  if (list == "none") {
    return groups;
  }
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string_view name = list.substr(at, end - at);
    bool* const group = find_switch(groups, name);
    if (group == nullptr) {
      return fail(fmt::format("\"{}\" is not a group of headers", name),
                  "use none, or a list of x-ratelimit, ratelimit, context, server-timing");
    }
    *group = true;
    at = end + 1;
  }
  return groups;
}

}  // namespace rl::http
