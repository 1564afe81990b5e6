#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rl/config/diagnostic.h"

namespace rl {

/// A position in the file, both from 1; line 0: the file as a whole.
struct Place {
  std::size_t line = 0;
  std::size_t column = 0;  ///< in code points
};

/// What is wrong with one file, collected while it is read, so that all of it is told together.
class Faults {
 public:
  explicit Faults(std::string_view file) : file_(file) {}

  void add(Place place, std::string message, std::string hint = {});

  bool empty() const { return found_.empty(); }

  /// All of them in the order of lines and columns, and of adding where those are equal.
  Diagnostics take() &&;

 private:
  const std::string file_;
  Diagnostics found_;
};

}  // namespace rl
