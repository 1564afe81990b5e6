#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "own_changes.h"
#include "rl/base/log.h"
#include "rl/config/tiers_file.h"
#include "rl/health/health_register.h"
#include "rl/metrics/rate_meter.h"
#include "rl/store/fallback/fallback_store.h"
#include "rl/store/memory/memory_store.h"

namespace rlserver {

/// What happens beside the requests, on a thread of its own: a health that ends by its time, a
/// tiers file that was changed, idle counters that leave, rates that are sampled, and a warning
/// when counters had to be forgotten. Runs from construction to destruction. What it is given
/// outlives it.
class Housekeeping {
 public:
  struct Parts {
    rl::HealthRegister& health;
    rl::TiersFile& tiers;
    rl::MemoryStore& memory;
    rl::FallbackStore* fallback;  ///< nullptr: there is no shared store
    const rl::PolicyRegister& policies;
    const rl::DecisionCounters& counters;
    rl::RateMeter& rates;
    const OwnChanges& own_changes;
    const rl::Clock& clock;
    const rl::Log& log;
  };

  explicit Housekeeping(const Parts& parts);

 private:
  void run(const std::stop_token& stop);
  void tend_shared_store();
  void every_second();

  Parts parts_;
  std::uint64_t evicted_seen_ = 0;  // touched by the thread alone, as is what follows
  std::uint64_t policy_seen_ = 0;
  std::uint64_t health_seen_ = 0;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace rlserver
