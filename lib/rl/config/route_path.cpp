#include "rl/config/route_path.h"

#include <algorithm>
#include <optional>

namespace rl {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  const char lower = static_cast<char>(static_cast<unsigned char>(c) | 0x20U);
  return lower >= 'a' && lower <= 'f' ? std::optional(static_cast<unsigned>(lower - 'a') + 10)
                                      : std::nullopt;
}

/// The byte that a triple such as "%41" stands for, if it is one.
std::optional<char> decode(std::string_view triple) {
  if (triple.size() != 3 || triple[0] != '%') {
    return std::nullopt;
  }
  const auto high = hex_digit(triple[1]);
  const auto low = hex_digit(triple[2]);
  return high && low ? std::optional(static_cast<char>((*high << 4U) | *low)) : std::nullopt;
}

/// Until no triple is left, also of those that decoding makes: "%2541" is "A". One pass: a triple
/// is complete when its last byte comes.
std::string decoded(std::string_view text) {
  std::string bytes;
  for (const char c : text) {
    bytes += c;
    while (bytes.size() >= 3) {
      const auto byte = decode(std::string_view(bytes).substr(bytes.size() - 3));
      if (!byte) {
        break;
      }
      bytes.resize(bytes.size() - 3);
      bytes += *byte;
    }
  }
  return bytes;
}

}  // namespace

std::string canonical_path(std::string_view path) {
  const std::string plain = decoded(path);
  std::string canonical = "/";
  for (std::size_t at = 0; at < plain.size();) {
    const std::size_t end = std::min(plain.find('/', at), plain.size());
    const std::string_view segment = std::string_view(plain).substr(at, end - at);
    if (segment == "..") {
      canonical.erase(canonical.rfind('/', canonical.size() - 2) + 1);  // of "/" nothing
    } else if (!segment.empty() && segment != ".") {
      canonical.append(segment).append(end < plain.size() ? "/" : "");
    }
    at = end + 1;
  }
  return canonical;
}

bool is_canonical(std::string_view path) {
  if (!path.starts_with('/')) {
    return false;
  }
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (decode(path.substr(at, 3))) {
      return false;
    }
    if (path[at] == '/') {
      const std::string_view rest = path.substr(at + 1);
      const std::string_view segment = rest.substr(0, rest.find('/'));
      if (segment == "." || segment == ".." || (segment.empty() && !rest.empty())) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace rl
