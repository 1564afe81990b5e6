#include "rl/http/gateway/traceparent.h"

#include <algorithm>

namespace rl::http {
namespace {

constexpr std::size_t kTraceIdBytes = 16;
constexpr std::size_t kSpanIdBytes = 8;
constexpr std::size_t kLength = 55;  // of version 00
constexpr std::size_t kTraceId = 3;  // where each part begins
constexpr std::size_t kSpanId = 36;
constexpr std::size_t kFlags = 53;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_valid(std::string_view text) {
  if (text.size() < kLength || (text.size() > kLength && text[kLength] != '-')) {
    return false;
  }
  const std::string_view version = text.substr(0, 2);
  return is_hex(version) && version != "ff" && (version != "00" || text.size() == kLength) &&
         text[2] == '-' && text[kSpanId - 1] == '-' && text[kFlags - 1] == '-' &&
         is_id(text.substr(kTraceId, 2 * kTraceIdBytes)) &&
         is_id(text.substr(kSpanId, 2 * kSpanIdBytes)) && is_hex(text.substr(kFlags, 2));
}

/// All zeros is no id, however unlikely.
std::string new_id(Random& random, std::size_t bytes) {
  std::string id = random_hex(random, bytes);
  if (!is_id(id)) {
    id.back() = '1';
  }
  return id;
}

}  // namespace

Trace next_trace(std::optional<std::string_view> traceparent, Random& random) {
  const bool valid = traceparent && is_valid(*traceparent);
  const std::string id = valid ? std::string(traceparent->substr(kTraceId, 2 * kTraceIdBytes))
                               : new_id(random, kTraceIdBytes);
  const std::string flags = valid ? std::string(traceparent->substr(kFlags, 2)) : "01";
  return {.parent = "00-" + id + "-" + new_id(random, kSpanIdBytes) + "-" + flags,
          .continued = valid};
}

}  // namespace rl::http
