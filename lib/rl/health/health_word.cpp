#include "rl/health/health_word.h"

namespace rl {

std::string_view to_string(HealthSource source) {
  switch (source) {
    case HealthSource::kDefault:
      return "default";
    case HealthSource::kManual:
      return "manual";
    case HealthSource::kAuto:
      return "auto";
  }
  return "unknown";
}

bool HealthWord::raise_to(const Health& health) {
  std::uint64_t seen = word_.load(std::memory_order_relaxed);
  while (unpack(seen).version < health.version) {
    if (word_.compare_exchange_weak(seen, pack(health), std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

}  // namespace rl
