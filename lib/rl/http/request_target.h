#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rl/base/result.h"
#include "rl/http/request_head.h"

namespace rl::http {

/// Whether the text is a host, with or without a port, as a Host field has it (RFC 9110, section
/// 7.2). An empty one is none: who is asked must be said.
bool is_host(std::string_view text);

/// What decides which forms a target may have.
struct TargetContext {
  std::optional<std::string_view> host;  ///< of the Host field
  bool options = false;                  ///< whether the method is OPTIONS, which may ask for "*"
};

/// The target of a request as "/path?query" or "*". One with a scheme and host (absolute-form, RFC
/// 9112, section 3.2.2) must name the same host as the Host field.
Result<std::string, Refusal> origin_form(std::string_view target, const TargetContext& context);

}  // namespace rl::http
