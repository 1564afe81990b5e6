#pragma once

#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl::http {

/// Where an upstream is.
struct UpstreamUrl {
  std::string origin;  ///< "http://host:port"
  std::string base;    ///< the path before that of a request: empty, or "/base"
};

/// Reads "http://HOST[:PORT][/BASE]", or with https.
Result<UpstreamUrl> parse_upstream_url(std::string_view text);

/// Whether the path of a target has ".." that lead out of it, in any spelling: an upstream that
/// resolves them would answer with what is not below its base.
bool climbs_out(std::string_view target);

}  // namespace rl::http
