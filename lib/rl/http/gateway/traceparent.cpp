#include "rl/http/gateway/traceparent.h"

#include <algorithm>
#include <utility>

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
void add_new_id(std::string& text, Random& random, std::size_t bytes) {
  text += random_hex(random, bytes);
  if (!is_id(std::string_view(text).substr(text.size() - 2 * bytes))) {
    text.back() = '1';
  }
}

}  // namespace

Trace next_trace(std::optional<std::string_view> traceparent, Random& random) {
  const bool valid = traceparent && is_valid(*traceparent);
  std::string parent;
  parent.reserve(kLength);
  parent += "00-";
  if (valid) {
    parent += traceparent->substr(kTraceId, 2 * kTraceIdBytes);
  } else {
    add_new_id(parent, random, kTraceIdBytes);
  }
  parent += '-';
  add_new_id(parent, random, kSpanIdBytes);
  parent += '-';
  parent += valid ? traceparent->substr(kFlags, 2) : "01";
  return {.parent = std::move(parent), .continued = valid};
}

}  // namespace rl::http
