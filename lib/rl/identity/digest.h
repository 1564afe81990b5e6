#pragma once

#include <string>
#include <string_view>

namespace rl {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// Whether two secrets are equal, in a time that tells nothing about where they differ.
bool equal_secrets(std::string_view left, std::string_view right);

}  // namespace rl
