#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace rl {

/// The most parts that a dotted key may have ("tiers.free.limits" has three).
inline constexpr std::size_t kMaxKeyParts = 8;

/// Where in TOML text, as an offset, the first dotted key grows longer than kMaxKeyParts, if any
/// does. toml++ 3.3 bounds the nesting of values but not the length of keys, makes a table of each
/// part, and takes such a tree down by recursion: a key of a million parts would overflow the
/// stack. Precise up to the first syntax error; what follows that is never read.
std::optional<std::size_t> find_deep_key(std::string_view text);

}  // namespace rl
