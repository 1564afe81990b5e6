#include "housekeeping.h"

#include <utility>

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
      parts_.own_changes.health_ended(*ended);
      parts_.log.info("health set", {{"state", to_string(ended->health.state)},
                                     {"version", ended->health.version},
                                     {"reason", ended->reason}});
    }
    if (parts_.fallback != nullptr) {
      tend_shared_store();
    }
    if (tick % kTicksPerWatch == 0) {
      if (const auto loaded = parts_.tiers.watch()) {
        parts_.own_changes.policy_loaded("file watch", *loaded);
      }
    }
    if (tick % kTicksPerSecond == 0) {
      every_second();
    }
    wake_.wait_for(lock, stop, kTick, [] { return false; });
  }
}

void Housekeeping::tend_shared_store() {
  // Other limits refill a bucket otherwise: what was denied under the old ones may pass sooner.
  const std::uint64_t policy = parts_.policies.snapshot()->version;
  const std::uint64_t health = parts_.health.word().read().version;
  const bool other_policy = std::exchange(policy_seen_, policy) != policy;
  const bool other_health = std::exchange(health_seen_, health) != health;
  if (other_policy || other_health) {
    parts_.fallback->forget_denials();
  }
  parts_.fallback->tend();
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
