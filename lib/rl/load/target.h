#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rl/base/address.h"
#include "rl/base/result.h"

namespace rl::load {

/// What `quick` drives: an address, and the path and query to ask there.
struct Target {
  Address address;
  std::string path = "/";
  bool tls = false;
};

/// Reads "http[s]://HOST[:PORT][/PATH][?QUERY]"; the port is 80 or 443 unless given. Credentials in
/// the URL, fragments, spaces and control characters are errors.
Result<Target> parse_target(std::string_view url);

/// Reads "Name: value" into a field whose name is a token and whose value has no control character,
/// so that it stays one field on the wire. Name and value must not be empty.
Result<std::pair<std::string, std::string>> parse_header(std::string_view text);

}  // namespace rl::load
