#pragma once

#include <httplib.h>

#include <span>
#include <string>

#include "rl/base/result.h"
#include "rl/http/problem.h"
#include "rl/http/request_head.h"

namespace rl::http {

/// The API key of a request: X-API-Key, else "Authorization: Bearer …". The same key in both places
/// is one key; two different keys are an error (400), none is another (401).
Result<std::string, Problem> api_key_of(std::span<const Field> fields);
Result<std::string, Problem> api_key_of(const httplib::Request& request);

/// 401, and how to do better; the response also needs the header WWW-Authenticate.
Problem unauthorized(std::string detail);

/// What WWW-Authenticate says with every 401 (RFC 9110, section 11.6.1).
inline constexpr char kChallenge[] = "Bearer realm=\"rl\"";

/// The token of "Authorization: Bearer …", or an empty string; also when there are several such
/// fields, because whoever else reads them may mean another.
std::string bearer_token_of(const httplib::Request& request);

}  // namespace rl::http
