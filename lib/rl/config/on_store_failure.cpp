#include "rl/config/on_store_failure.h"

#include <array>

namespace rl {

std::string_view to_string(OnStoreFailure choice) {
  switch (choice) {
    case OnStoreFailure::kLocal:
      return "local";
    case OnStoreFailure::kOpen:
      return "open";
    case OnStoreFailure::kClosed:
      break;
  }
  return "closed";
}

std::optional<OnStoreFailure> parse_on_store_failure(std::string_view word) {
  constexpr std::array kAll = {OnStoreFailure::kLocal, OnStoreFailure::kOpen,
                               OnStoreFailure::kClosed};
  for (const OnStoreFailure choice : kAll) {
    if (to_string(choice) == word) {
      return choice;
    }
  }
  return std::nullopt;
}

}  // namespace rl
