#include "rl/config/diagnostic.h"

#include <fmt/core.h>

namespace rl {

std::string Diagnostic::to_string() const {
  const std::string where = line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
  const std::string what = fmt::format("{}: error: {}", where, message);
  return hint.empty() ? what : fmt::format("{}\n  {}", what, hint);
}

}  // namespace rl
