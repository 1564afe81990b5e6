#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rl {

/// SHA-256 (FIPS 180-4).
using Digest = std::array<unsigned char, 32>;
Digest sha256(std::string_view text);

/// A digest as 64 lower-case hexadecimal digits, and the other way round: nothing when the text is
/// anything else.
std::string to_hex(const Digest& digest);
std::optional<Digest> parse_digest(std::string_view text);

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// Whether two secrets are equal, in a time that tells nothing about where they differ.
bool equal_secrets(std::string_view left, std::string_view right);

/// The same for digests of secrets.
bool equal_digests(const Digest& left, const Digest& right);

}  // namespace rl
