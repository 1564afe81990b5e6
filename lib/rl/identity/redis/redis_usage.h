#pragma once

#include <string>

#include "rl/identity/usage_log.h"
#include "rl/redis/link_pool.h"

namespace rl {

/// Usage in the Redis of a fleet (usage.lua): all instances add to the same minutes. Over the
/// connections of a RedisDirectory, which outlives it.
class RedisUsage final : public UsageLog {
 public:
  /// Each call waits at most `within`.
  RedisUsage(redis::LinkPool& pool, std::string prefix, Micros within)
      : pool_(pool), prefix_(std::move(prefix)), within_(within) {}

  Result<void, UsageFailure> add(const std::vector<UsageCount>& counts, WallTime now) override;
  Result<std::vector<UsageMinute>> minutes(const UsageOf& of,
                                           const MinuteRange& range) const override;
  Result<std::optional<WallTime>> last_use(std::uint64_t key_id) const override;

 private:
  Result<std::vector<redis::Reply>, UsageFailure> run(const std::string& operation,
                                                      std::vector<std::string> arguments) const;

  redis::LinkPool& pool_;
  const std::string prefix_;
  const Micros within_;
  const SystemClock clock_;  // a socket lives in real time
};

}  // namespace rl
