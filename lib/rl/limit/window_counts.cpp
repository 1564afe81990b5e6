#include "rl/limit/window_counts.h"

namespace rl {

WindowCounts WindowCounts::at(Micros window, Instant now) const {
  const Instant begun = now - now.time_since_epoch() % window;
  if (begun <= start) {
    return *this;
  }
  return {.start = begun, .current = 0, .previous = begun - start <= window ? current : 0};
}

}  // namespace rl
