#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/config/on_store_failure.h"
#include "rl/store/fallback/journal.h"
#include "rl/store/fallback/last_known.h"
#include "rl/store/memory/memory_store.h"
#include "rl/store/redis/redis_store.h"
#include "rl/store/waiting_store.h"

namespace rl {

/// The shared store while it answers, and what was chosen for the case that it does not. A breaker
/// keeps requests from waiting for a store that is gone. Local counting admits up to a share of
/// each limit, and never more than the shared store said last was left. What was admitted meanwhile
/// is counted in the shared store, at its time, before requests go there again. Safe from several
/// threads.
class FallbackStore final : public WaitingStore {
 public:
  struct Options {
    OnStoreFailure on_failure = OnStoreFailure::kLocal;  ///< of charges that do not say it
    std::uint32_t instances =
        1;  ///< the least that share a limit L: each admits ceil(L / instances)
  };

  /// All of them outlive it.
  struct Parts {
    RedisStore& shared;
    MemoryStore& local;
    const Clock& clock;
    const Log& log;
    /// How many instances are known to be there; fewer than the option says do not count.
    std::function<std::uint32_t()> present = [] { return 1U; };
  };

  FallbackStore(const Options& options, Parts parts);

  /// Fails only with OnStoreFailure::kClosed. A request without charges needs no store and
  /// never fails.
  void decide_later(std::span<const Charge> charges, Mode mode, std::span<Decision> decisions,
                    Decided done) override;

  /// Of the local store.
  StoreStats stats() const override { return parts_.local.stats(); }

  /// How the shared store does, and what is decided without it.
  SharedStoreStats shared_stats() const;

  std::string_view kind() const override;

  /// Probes a store that did not answer, hands over what was admitted without it, and goes back to
  /// it. To be called some times a second, off the request path: it waits for the store.
  void tend();

  /// Limits or health have changed.
  void forget_denials() { parts_.shared.forget_denials(); }

  /// How many decisions were made without the shared store.
  std::uint64_t fallen_back() const { return fallen_back_.load(std::memory_order_relaxed); }

 private:
  std::uint32_t instances() const;
  Result<std::string_view> fall_back(const std::string& reason, std::span<const Charge> charges,
                                     Mode mode, std::span<Decision> decisions);
  Result<std::string_view> decide_without(std::span<const Charge> charges, Mode mode,
                                          std::span<Decision> decisions);
  Result<std::string_view> decide_locally(std::span<const Charge> charges, Mode mode,
                                          std::span<Decision> decisions);
  void begin_episode(const std::string& reason);
  void end_episode();
  bool hand_over();

  const Options options_;
  const Parts parts_;
  LastKnown last_known_;
  Journal journal_;
  // Relaxed: counters, and whether the log was told of this episode.
  std::atomic<std::uint64_t> fallen_back_{0};
  std::atomic<std::uint64_t> before_episode_{0};
  std::atomic<bool> episode_told_{false};
};

}  // namespace rl
