#include "housekeeping.h"

namespace rlserver {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr unsigned kTicksPerSecond = 20;
constexpr unsigned kTicksPerWatch = 5;

}  // namespace

Housekeeping::Housekeeping(const Parts& parts)
    : parts_(parts), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Housekeeping::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (unsigned tick = 0; !stop.stop_requested(); ++tick) {
    if (const auto ended = parts_.health.expire()) {
      parts_.log.info("health set", {{"state", to_string(ended->health.state)},
                                     {"version", ended->health.version},
                                     {"reason", ended->reason}});
    }
    if (parts_.fallback != nullptr) {
      parts_.fallback->tend();
    }
    if (tick % kTicksPerWatch == 0) {
      parts_.tiers.watch();
    }
    if (tick % kTicksPerSecond == 0) {
      every_second();
    }
    wake_.wait_for(lock, stop, kTick, [] { return false; });
  }
}

void Housekeeping::every_second() {
  parts_.memory.sweep();
  parts_.rates.sample(parts_.clock.now(), parts_.counters.total());
  const rl::StoreStats stats = parts_.memory.stats();
  if (stats.evicted_live > evicted_seen_) {
    parts_.log.warn("the store is full: live counters were forgotten",
                    {{"count", stats.evicted_live - evicted_seen_},
                     {"max_buckets", stats.max_buckets},
                     {"max_bytes", stats.max_bytes},
                     {"hint", "raise --max-buckets or --max-memory"}});
    evicted_seen_ = stats.evicted_live;
  }
}

}  // namespace rlserver
