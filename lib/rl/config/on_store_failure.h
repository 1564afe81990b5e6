#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rl {

/// What becomes of requests while the shared store cannot be asked.
enum class OnStoreFailure : std::uint8_t {
  kLocal,   ///< counted by the instance itself, up to its share of each limit
  kOpen,    ///< admitted
  kClosed,  ///< refused: 503
};

std::string_view to_string(OnStoreFailure choice);

/// Nothing for a word that is none of them.
std::optional<OnStoreFailure> parse_on_store_failure(std::string_view word);

}  // namespace rl
