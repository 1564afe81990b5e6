#include "rl/identity/digest.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace rl {

static_assert(sizeof(Digest) == SHA256_DIGEST_LENGTH);

Digest sha256(std::string_view text) {
  Digest digest;
  // Hashing memory cannot fail; the function returns the address of its third argument.
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string sha256_hex(std::string_view text) {
  return fmt::format("{:02x}", fmt::join(sha256(text), ""));
}

bool equal_secrets(std::string_view left, std::string_view right) {
  // Digests have one length, so that not even the length of a secret can be timed.
  return equal_digests(sha256(left), sha256(right));
}

bool equal_digests(const Digest& left, const Digest& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rl
