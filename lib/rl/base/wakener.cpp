#include "rl/base/wakener.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace rl {

Wakener::Wakener() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Wakener::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(descriptor(), &one, sizeof one));  // full: it can be read already
}

void Wakener::rest() const {
  std::uint64_t ignored = 0;
  static_cast<void>(!::read(descriptor(), &ignored, sizeof ignored));  // empty: it rests already
}

}  // namespace rl
