#include "rl/identity/api_key.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

namespace rl {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kRandomDigits = 36;
constexpr std::size_t kCheckDigits = 6;  // 62^6 > 2^32
constexpr std::size_t kShown = 4;
static_assert(kApiKeyPrefix.size() + kRandomDigits + kCheckDigits == kApiKeyLength);

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    table[i] = remainder;
  }
  return table;
}

/// CRC-32 as in zlib and ISO 3309: it notices every single wrong character and every swap of two
/// neighbours.
std::uint32_t crc32(std::string_view text) {
  static constexpr auto kTable = make_crc_table();
  std::uint32_t remainder = 0xFFFFFFFFU;
  for (const char c : text) {
    remainder = (remainder >> 8U) ^ kTable[(remainder ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return ~remainder;
}

std::array<char, kCheckDigits> check_digits_of(std::string_view text) {
  std::array<char, kCheckDigits> digits{};
  std::size_t rest = crc32(text);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = kDigits[rest % kDigits.size()];
    rest /= kDigits.size();
  }
  return digits;
}

constexpr std::array<unsigned, 256> make_digit_table() {
  std::array<unsigned, 256> table{};
  for (const char digit : kDigits) {
    table[static_cast<unsigned char>(digit)] = 1;
  }
  return table;
}

/// Without a branch for each character: which range a random digit is in cannot be predicted.
bool are_digits(std::string_view text) {
  static constexpr auto kTable = make_digit_table();
  unsigned all = 1;
  for (const char c : text) {
    all &= kTable[static_cast<unsigned char>(c)];
  }
  return all == 1;
}

}  // namespace

std::string make_api_key(Random& random) {
  std::string key(kApiKeyPrefix);
  while (key.size() < kApiKeyPrefix.size() + kRandomDigits) {
    key += kDigits[random.below(kDigits.size())];
  }
  const auto check = check_digits_of(key);
  return key.append(check.begin(), check.end());
}

bool is_api_key(std::string_view text) {
  if (text.size() != kApiKeyLength || !text.starts_with(kApiKeyPrefix) ||
      !are_digits(text.substr(kApiKeyPrefix.size()))) {
    return false;
  }
  const auto check = check_digits_of(text.substr(0, text.size() - kCheckDigits));
  return std::equal(check.begin(), check.end(), text.end() - kCheckDigits);
}

ApiKeyHint hint_of(std::string_view key) {
  assert(is_api_key(key));
  return {.prefix = std::string(key.substr(0, kApiKeyPrefix.size() + kShown)),
          .last_four = std::string(key.substr(key.size() - kShown))};
}

}  // namespace rl
