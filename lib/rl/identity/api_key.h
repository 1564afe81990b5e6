#pragma once

#include <string>
#include <string_view>

#include "rl/base/random.h"

namespace rl {

/// How an API key looks: "rlk_", 36 random letters and digits (214 bits), and the CRC-32 of all
/// that in 6 more. A mistyped key, or a text that only looks like one, is known without asking
/// anybody; a scanner for leaked secrets can tell the same way.
inline constexpr std::string_view kApiKeyPrefix = "rlk_";
inline constexpr std::size_t kApiKeyLength = 46;

/// A new key. For real ones the source is the system's.
std::string make_api_key(Random& random);

/// Whether the text has the form of a key and the right check digits.
bool is_api_key(std::string_view text);

/// What may be shown of a key: enough to tell it apart, while 166 random bits of it stay unknown.
struct ApiKeyHint {
  std::string prefix;     ///< "rlk_" and the first four characters
  std::string last_four;  ///< of the check digits
};

/// Precondition: is_api_key().
ApiKeyHint hint_of(std::string_view key);

}  // namespace rl
