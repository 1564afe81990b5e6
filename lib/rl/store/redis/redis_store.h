#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/redis/redis_url.h"
#include "rl/store/fallback/breaker.h"
#include "rl/store/redis/denials.h"
#include "rl/store/shared_stats.h"
#include "rl/store/waiting_store.h"

namespace rl {

namespace redis {
class Client;
struct Ask;
}  // namespace redis

/// Counters in a Redis that several instances share: exact over all of them, decided by one script
/// (decide.lua) in one atomic step, by the clock of that Redis. The answer comes within the
/// deadline and a few ms; a decision that Redis begins later counts nothing. A denial that was told
/// is told again without asking, as long as it is true. Safe from several threads.
class RedisStore final : public WaitingStore {
 public:
  struct Options {
    RedisUrl url;
    std::string prefix = "rl:1:";  ///< of all keys; separates environments
    Micros deadline = std::chrono::milliseconds{5};
    bool remember_denials = true;
    bool script_goes_by_clock = false;  ///< for tests: the script takes the time from the clock
  };

  /// Units that were admitted without this store.
  struct Record {
    BucketId bucket;
    Limit limit;
    std::uint32_t cost;
    Micros age;  ///< how long ago
  };

  /// Clock and log outlive the store. Does not wait for Redis.
  RedisStore(Options options, const Clock& clock, const Log& log);
  ~RedisStore() override;

  /// Fails when Redis cannot be reached, refuses, or does not answer within the deadline.
  void decide_later(std::span<const Charge> charges, Mode mode, std::span<Decision> decisions,
                    Decided done) override;

  /// Counts the records at their time, whether they fit or not, all at once. True for each that was
  /// counted. Waits longer than a decision does.
  std::vector<bool> record(std::span<const Record> records);

  /// Whether Redis decides within the deadline; counts nothing.
  bool probe();

  /// Fails decisions that are overdue; to be called now and then.
  void fail_late();

  /// Limits or health have changed.
  void forget_denials() { denials_.forget_all(); }

  /// Hears what comes of every call, and of the connection.
  Breaker& breaker() { return breaker_; }

  /// Nothing of what Redis holds is known here.
  StoreStats stats() const override { return {}; }

  /// How Redis does; of `without` and `instances` nothing is known here.
  SharedStoreStats shared_stats() const;

  std::string_view kind() const override { return "redis"; }

  bool connected() const;

  /// Waits until Redis answers or refusal(), at most that long.
  bool wait_until_connected(Micros timeout) const;

  /// Why the Redis that was reached is of no use, such as a wrong password; nothing: it is, or
  /// there is none.
  std::optional<Error> refusal() const;

 private:
  redis::Ask ask_of(std::span<const Charge> charges) const;
  Micros ahead_of_wall_clock(Micros ahead_of_steady) const;

  const Options options_;
  const Clock& clock_;
  const SystemClock system_clock_;  // a socket lives in real time, whatever clock the limits run on
  SystemRandom random_;
  Breaker breaker_{system_clock_, random_};
  redis::Denials denials_;
  std::unique_ptr<redis::Client> client_;  // last: its thread uses the others
};

}  // namespace rl
