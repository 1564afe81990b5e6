#include "rl/identity/digest.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>

namespace rl {

static_assert(sizeof(Digest) == SHA256_DIGEST_LENGTH);

Digest sha256(std::string_view text) {
  Digest digest;
  // Hashing memory cannot fail; the function returns the address of its third argument.
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string to_hex(const Digest& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::optional<Digest> parse_digest(std::string_view text) {
  Digest digest;
  const bool hex = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (text.size() != 2 * digest.size() || !hex) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < digest.size(); ++i) {
    std::from_chars(&text[2 * i], &text[2 * i] + 2, digest[i], 16);
  }
  return digest;
}

std::string sha256_hex(std::string_view text) {
  return to_hex(sha256(text));
}

bool equal_secrets(std::string_view left, std::string_view right) {
  // Digests have one length, so that not even the length of a secret can be timed.
  return equal_digests(sha256(left), sha256(right));
}

bool equal_digests(const Digest& left, const Digest& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rl
