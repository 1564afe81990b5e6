#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "rl/limit/rule.h"

namespace rl {

/// Who last set the health.
enum class HealthSource : std::uint8_t { kDefault = 0, kManual = 1, kAuto = 2 };

std::string_view to_string(HealthSource source);  ///< "default", "manual", "auto"

/// What a request needs to know of the fleet's health.
struct Health {
  std::uint64_t version = 0;  ///< greater with every change; below 2^48
  HealthState state = HealthState::kNormal;
  HealthSource source = HealthSource::kDefault;
};

/// The health of the fleet as every request reads it: one 64-bit word, one relaxed load. Layout,
/// from the low end: 6 bits level (0 NORMAL, 63 DEGRADED; room between them for graded shedding),
/// 2 bits source, 8 bits unused, 48 bits version. Safe from several threads.
class HealthWord {
 public:
  Health read() const { return unpack(word_.load(std::memory_order_relaxed)); }

  /// Takes over `health` unless a later version is already there. Whether it did.
  bool raise_to(const Health& health);

 private:
  static constexpr std::uint64_t kDegradedLevel = 63;

  static std::uint64_t pack(const Health& health) {
    const std::uint64_t level = health.state == HealthState::kNormal ? 0 : kDegradedLevel;
    return (health.version << 16U) | (static_cast<std::uint64_t>(health.source) << 6U) | level;
  }
  static Health unpack(std::uint64_t word) {
    return {.version = word >> 16U,
            .state = (word & 63U) == 0 ? HealthState::kNormal : HealthState::kDegraded,
            .source = static_cast<HealthSource>((word >> 6U) & 3U)};
  }

  // Relaxed everywhere: all a reader needs is inside the word.
  std::atomic<std::uint64_t> word_{pack({.version = 1})};
};

}  // namespace rl
