#include "rl/config/toml/faults.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace rl {

void Faults::add(Place place, std::string message, std::string hint) {
  found_.push_back({file_, place.line, place.column, std::move(message), std::move(hint)});
}

Diagnostics Faults::take() && {
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(found_);
}

}  // namespace rl
