#pragma once

#include <string>

#include "rl/base/clock.h"
#include "rl/http/request_head.h"

namespace rl::http {

/// The whole response to bytes that are not served, after which the connection ends: a problem
/// document like that of every other error.
std::string refusal_reply(const Refusal& refusal, WallTime at);

}  // namespace rl::http
