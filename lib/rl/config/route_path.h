#pragma once

#include <string>
#include <string_view>

namespace rl {

/// The one form in which paths are compared, whatever the spelling in which a client, a proxy or
/// the tiers file gives them: percent-encoding decoded until none is left, so that it does not
/// matter who on the way decoded it before ("%" without two hexadecimal digits stays); "//" as "/";
/// "." and ".." resolved (RFC 3986 section 5.2.4). An encoded slash is a slash, as for many
/// servers: otherwise a limit could be evaded by it. Case and a trailing slash matter. Linear in
/// the path, which starts with "/" and has no query.
std::string canonical_path(std::string_view path);

/// Whether the path is in that form already.
bool is_canonical(std::string_view path);

}  // namespace rl
