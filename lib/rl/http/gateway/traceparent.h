#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rl/base/random.h"

namespace rl::http {

/// The place of a request in a trace, as the header traceparent has it (W3C Trace Context, level
/// 1).
struct Trace {
  std::string parent;      ///< to be sent on, with a span of our own
  bool continued = false;  ///< of a trace that came with the request
};

/// Goes on with the trace of a request, or begins one when there is none or when it is malformed:
/// not 00-<32>-<16>-<2> lower-case hexadecimal digits, or an id that is all zeros. A version after
/// 00 is read as far as it is known. A new trace is marked as sampled.
Trace next_trace(std::optional<std::string_view> traceparent, Random& random);

}  // namespace rl::http
