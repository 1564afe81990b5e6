#pragma once

#include <string>
#include <string_view>

#include "rl/base/result.h"
#include "rl/http/problem.h"
#include "rl/identity/entry.h"

namespace rl::http {

// The form in which users and keys move from one server to another: one JSON object a line.
//   {"type":"ids","last_user_id":2,"last_key_id":1}
//   {"type":"user","id":1,"name":"alice","tier":"pro","version":1,"created_us":1767225600000000}
//   {"type":"key","id":1,"user_id":1,"name":"ci","tier":null,"created_us":…,"expires_us":null,
//    "revoked_us":null}
//   {"type":"secret","key_id":1,"digest":"…64 digits","prefix":"rlk_ab12","last_four":"wxyz",
//    "created_us":…,"expires_us":null}
// Times are microseconds since 1970 UTC. A digest is the SHA-256 of a secret, never the secret.

/// The longest line, in bytes.
inline constexpr std::size_t kLongestEntryLine = 4096;

/// With its line end.
std::string to_line(const Entry& entry);

/// Reads a line, checked as strictly as the body of a request.
Result<Entry, Problem> parse_entry(const std::string& line);

}  // namespace rl::http
