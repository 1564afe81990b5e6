#include "rl/identity/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace rl {

static_assert(sizeof(Digest) == SHA256_DIGEST_LENGTH);

namespace {

struct FreeHash {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Digest sha256(std::string_view text) {
  // OpenSSL's SHA256() looks the algorithm up by its name and makes a context in each call, which
  // takes longer than to hash a key does.
  static const std::unique_ptr<EVP_MD, FreeHash> algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeHash> context(EVP_MD_CTX_new());
  Digest digest{};
  const bool hashed = context != nullptr && algorithm != nullptr &&
                      EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!hashed) {  // without memory: a digest that is none would be somebody's
    std::abort();
  }
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
  // All words are looked at, whatever they are. OpenSSL's CRYPTO_memcmp goes byte by byte, and the
  // cache compares up to four digests in each lookup.
  using Words = std::array<std::uint64_t, 4>;
  const auto a = std::bit_cast<Words>(left);
  const auto b = std::bit_cast<Words>(right);
  return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

}  // namespace rl
