#include "rl/http/gateway/upstream_request.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rl/http/gateway/traceparent.h"

namespace rl::http {
namespace {

/// Whether the name is that one for whoever reads "_" as "-", as CGI and its heirs do. `other` has
/// dashes.
bool reads_as(std::string_view name, std::string_view other) {
  const auto same = [](char a, char b) {
    return (a == '_' && b == '-') || same_word({&a, 1}, {&b, 1});
  };
  return name.size() == other.size() && std::equal(name.begin(), name.end(), other.begin(), same);
}

/// Whether the name reads as one that begins like that.
bool reads_as_one_of(std::string_view name, std::string_view beginning) {
  return name.size() >= beginning.size() && reads_as(name.substr(0, beginning.size()), beginning);
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view known) { return reads_as(name, known); });
}

/// Fields that this server writes itself.
bool is_ours(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kOurs = {
      "Host",       "Content-Length",   "Expect",          "traceparent",
      "tracestate", "X-RateLimit-User", "X-RateLimit-Tier"};
  return is_one_of(name, kOurs);
}

/// Fields in which a proxy tells of its client.
bool tells_of_client(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kNames = {"Forwarded", "X-Real-IP",
                                                             "X-Original-Method", "X-Original-URI"};
  return is_one_of(name, kNames) || reads_as_one_of(name, "X-Forwarded-");
}

bool is_api_key(const Field& field) {
  return reads_as(field.name, "X-API-Key") ||
         (reads_as(field.name, "Authorization") && same_word(field.value.substr(0, 7), "bearer "));
}

/// The values of a field that occurs several times, as one list; nothing when it does not occur.
std::optional<std::string> value_of(const RequestHead& head, std::string_view name) {
  std::optional<std::string> value;
  for (const Field& field : head.fields) {
    if (same_word(field.name, name)) {
      value = value ? *value + ", " + std::string(field.value) : std::string(field.value);
    }
  }
  return value;
}

std::string list_of(const std::optional<std::string>& before, const std::string& last) {
  return before && !before->empty() ? *before + ", " + last : last;
}

/// Where the request came from: told by ourselves, or by a proxy that is trusted and added to.
void add_forwarded(const RequestHead& head, const Ends& ends, bool trusted,
                   UpstreamRequest& request) {
  const auto told = [&](std::string_view name) {
    return trusted ? value_of(head, name) : std::nullopt;
  };
  request.fields.emplace_back("X-Forwarded-For", list_of(told("X-Forwarded-For"), ends.peer_ip));
  request.fields.emplace_back("X-Forwarded-Proto",
                              told("X-Forwarded-Proto").value_or(ends.tls ? "https" : "http"));
  const auto host = told("X-Forwarded-Host");
  if (const auto asked = host ? host : value_of(head, "Host")) {
    request.fields.emplace_back("X-Forwarded-Host", *asked);
  }
}

}  // namespace

void add_words(std::string_view list, std::vector<std::string_view>& words) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view word = list.substr(0, comma);
    word.remove_prefix(std::min(word.find_first_not_of(" \t"), word.size()));
    word = word.substr(0, word.find_last_not_of(" \t") + 1);
    if (!word.empty()) {
      words.push_back(word);
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool is_hop_by_hop(std::string_view name, const std::vector<std::string_view>& connection_options) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade"};
  return is_one_of(name, kNames) || reads_as_one_of(name, "Proxy-") ||
         std::any_of(connection_options.begin(), connection_options.end(),
                     [&](std::string_view option) { return same_word(name, option); });
}

bool is_idempotent(std::string_view method) {
  return method != "POST" && method != "PATCH";
}

UpstreamRequest make_upstream_request(const RequestHead& head, const Ends& ends,
                                      const ForwardContext& context) {
  UpstreamRequest request{.method = std::string(head.method),
                          .path = head.target.substr(kGatewayPath.size()),
                          .fields = {},
                          .content_length = head.content_length,
                          .chunked = head.chunked,
                          .trace = {}};
  request.fields.reserve(head.fields.size() + 8);
  const bool trusted = context.trusted.contains(ends.peer_ip);
  std::vector<std::string_view> options;
  for (const Field& field : head.fields) {
    if (same_word(field.name, "Connection")) {
      add_words(field.value, options);
    }
  }
  for (const Field& field : head.fields) {
    const bool kept_back =
        is_hop_by_hop(field.name, options) || is_ours(field.name) || same_word(field.name, "Via") ||
        (tells_of_client(field.name) && (!trusted || same_word(field.name, "X-Forwarded-For") ||
                                         same_word(field.name, "X-Forwarded-Proto") ||
                                         same_word(field.name, "X-Forwarded-Host"))) ||
        (is_api_key(field) && !context.pass_api_key);
    if (!kept_back) {
      request.fields.emplace_back(field.name, field.value);
    }
  }
  add_forwarded(head, ends, trusted, request);
  request.fields.emplace_back(
      "Via", list_of(value_of(head, "Via"), head.is_http_1_0 ? "1.0 rlserver" : "1.1 rlserver"));
  const Trace trace = next_trace(value_of(head, "traceparent"), context.random);
  request.trace = trace.parent;
  request.fields.emplace_back("traceparent", trace.parent);
  if (const auto state = value_of(head, "tracestate"); trace.continued && state) {
    request.fields.emplace_back("tracestate", *state);
  }
  request.fields.emplace_back("X-RateLimit-User", std::to_string(context.user_id));
  request.fields.emplace_back("X-RateLimit-Tier", context.tier);
  return request;
}

}  // namespace rl::http
