#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rl/base/clock.h"

namespace rl::load {

/// An exact limit as the promise is worded: in every window of that length at most so many units.
struct ExactLimit {
  Micros window{};
  std::uint32_t units = 0;

  friend bool operator==(const ExactLimit&, const ExactLimit&) = default;
};

/// Which of the requests of one key, one unit each, are admitted when all limits must admit: what
/// the demo expects. Written as naively as possible; shares no code with the limiter it checks.
/// Precondition: `times` ascends. result[i] belongs to times[i].
std::vector<bool> naive_admissions(std::span<const ExactLimit> limits,
                                   std::span<const Micros> times);

}  // namespace rl::load
