#include "rl/base/descriptor.h"

#include <unistd.h>

namespace rl {

void Descriptor::close() {
  if (is_open()) {
    ::close(std::exchange(number_, -1));
  }
}

}  // namespace rl
