#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/store/fallback/breaker.h"
#include "rl/store/memory/memory_store.h"
#include "rl/store/redis/redis_store.h"

namespace rl {

/// What an instance does while the shared store cannot be asked.
enum class OnStoreFailure {
  kLocal,   ///< counts by itself, up to its share of each limit
  kOpen,    ///< admits everything
  kClosed,  ///< refuses everything: 503
};

/// The shared store while it answers, and what was chosen for the case that it does not. A breaker
/// keeps requests from waiting for a store that is gone. What was admitted locally is counted in
/// the shared store before requests go there again, as if it had been admitted just then: too
/// little may be admitted after an outage, never too much. Safe from several threads.
class FallbackStore final : public Store {
 public:
  struct Options {
    OnStoreFailure on_failure = OnStoreFailure::kLocal;
    std::uint32_t instances = 1;  ///< that share a limit L: each admits up to ceil(L / instances)
  };

  /// All of them outlive it.
  struct Parts {
    RedisStore& shared;
    MemoryStore& local;
    const Clock& clock;
    const Log& log;
  };

  FallbackStore(const Options& options, const Parts& parts);

  /// Fails only with OnStoreFailure::kClosed.
  Result<std::string_view> decide(std::span<const Charge> charges, Mode mode,
                                  std::span<Decision> decisions) override;

  /// Of the local store.
  StoreStats stats() const override { return parts_.local.stats(); }
  std::string_view kind() const override { return breaker_.closed() ? "redis" : "fallback"; }

  /// Probes a store that did not answer, and goes back to it. To be called some times a second, off
  /// the request path: it waits for the store.
  void tend();

  /// How many decisions were made without the shared store.
  std::uint64_t fallen_back() const { return fallen_back_.load(std::memory_order_relaxed); }

 private:
  /// Units that were admitted locally.
  struct Entry {
    std::string owner;
    std::string rule;
    Limit limit;
    std::uint32_t cost;
    Instant at;
  };

  Result<std::string_view> decide_locally(std::span<const Charge> charges, Mode mode,
                                          std::span<Decision> decisions);
  void note(std::span<const Charge> charges, std::span<const Decision> decisions);
  bool hand_over();

  const Options options_;
  const Parts parts_;
  Breaker breaker_;
  std::atomic<std::uint64_t> fallen_back_{0};  // relaxed: a counter

  std::mutex mutex_;
  std::vector<Entry> journal_;  // guarded by mutex_
  bool lost_told_ = false;      // guarded by mutex_
};

}  // namespace rl
