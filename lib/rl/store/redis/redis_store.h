#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/redis/redis_url.h"
#include "rl/store/store.h"

namespace rl {

namespace redis {
class Client;
}

/// Counters in a Redis that several instances share: exact over all of them, decided by one script
/// (decide.lua) in one atomic step, by the clock of that Redis. decide() waits for the answer, at
/// most for the deadline; a decision that Redis begins later counts nothing. Safe from several
/// threads.
class RedisStore final : public Store {
 public:
  struct Options {
    RedisUrl url;
    std::string prefix = "rl:1:";  ///< of all keys; separates environments
    Micros deadline = std::chrono::milliseconds{5};
    bool script_goes_by_clock = false;  ///< for tests: the script takes the time from the clock
  };

  /// Clock and log outlive the store. Does not wait for Redis.
  RedisStore(Options options, const Clock& clock, const Log& log);
  ~RedisStore() override;

  /// Fails when Redis cannot be reached, refuses, or does not answer within the deadline.
  Result<std::string_view> decide(std::span<const Charge> charges, Mode mode,
                                  std::span<Decision> decisions) override;

  /// Counts the charge, whether it fits or not.
  Result<void> record(const Charge& charge);

  /// Whether Redis decides within the deadline; counts nothing.
  bool probe();

  /// Nothing of what Redis holds is known here.
  StoreStats stats() const override { return {}; }
  std::string_view kind() const override { return "redis"; }

  bool connected() const;

  /// Waits until Redis answers, at most that long.
  bool wait_until_connected(Micros timeout) const;

 private:
  Result<std::vector<std::int64_t>> ask(std::span<const Charge> charges, std::string_view mode);

  const Options options_;
  const Clock& clock_;
  const SystemClock system_clock_;  // a socket lives in real time, whatever clock the limits run on
  std::unique_ptr<redis::Client> client_;
};

}  // namespace rl
