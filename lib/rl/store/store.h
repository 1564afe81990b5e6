#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "rl/base/result.h"
#include "rl/config/on_store_failure.h"
#include "rl/config/policy.h"
#include "rl/limit/decision.h"
#include "rl/limit/limit.h"

namespace rl {

/// The most charges of one request.
inline constexpr std::size_t kMaxCharges = kMaxRulesPerRequest;

/// Names what is counted: whose units (a key, a user, a tier, …) under which rule.
struct BucketId {
  std::string_view owner;  ///< such as "k:1"; at most kMaxOwner bytes
  std::string_view rule;   ///< Rule::id
};

/// What the store is asked for one rule of a request.
struct Charge {
  BucketId bucket;
  Limit limit;
  std::uint32_t cost = 1;  ///< units; 0 takes nothing
  bool enforce = true;     ///< false: counted when it fits, never a reason to deny
  /// While a shared store cannot be asked, the same in all charges of a request; nothing: as the
  /// store was told.
  std::optional<OnStoreFailure> on_store_failure = {};
};

enum class Mode : std::uint8_t {
  kAcquire,  ///< count the cost if it fits
  kPeek,     ///< only tell; nothing changes
};

/// How full a store is, for people and metrics.
struct StoreStats {
  std::uint64_t buckets = 0;       ///< now held
  std::uint64_t max_buckets = 0;   ///< the bound
  std::uint64_t bytes = 0;         ///< of memory that they take
  std::uint64_t max_bytes = 0;     ///< the bound
  std::uint64_t evicted_live = 0;  ///< forgotten at a bound while still counting, since start
  std::uint64_t expired = 0;       ///< left by themselves, since start
};

/// Where units are counted. Safe from several threads.
class Store {
 public:
  virtual ~Store() = default;

  /// Decides all charges of one request in one atomic step: when every enforced charge fits, each
  /// charge that fits is counted; otherwise nothing is counted anywhere. decisions[i] belongs to
  /// charges[i] and tells the state after the step.
  /// Preconditions: as many decisions as charges, at most kMaxCharges, no bucket twice.
  /// Returns what decided, which is kind() unless another took its place.
  /// Fails only when the store cannot be reached.
  virtual Result<std::string_view> decide(std::span<const Charge> charges, Mode mode,
                                          std::span<Decision> decisions) = 0;

  /// Hears what decide() would have returned.
  using Decided = std::function<void(const Result<std::string_view>&)>;

  /// decide() without waiting for anything outside of this process. `done` is called once, on any
  /// thread, maybe before this returns, and itself waits for nothing. Until then the store, the
  /// charges, what they name, and the decisions stay where they are.
  virtual void decide_later(std::span<const Charge> charges, Mode mode,
                            std::span<Decision> decisions, Decided done) {
    const Decided then = std::move(done);  // to be called once
    then(decide(charges, mode, decisions));
  }

  /// Whether decide() may wait for something outside of this process.
  virtual bool waits() const { return false; }

  virtual StoreStats stats() const = 0;

  /// What counts now: "memory", "redis" or "fallback".
  virtual std::string_view kind() const = 0;
};

}  // namespace rl
