#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rl/base/result.h"
#include "rl/metrics/usage_meter.h"

namespace rl {

/// Whose usage is asked for: of a key, or of a user with all keys and what was recorded for it.
struct UsageOf {
  enum class Kind : std::uint8_t { kUser, kKey };
  Kind kind = Kind::kUser;
  std::uint64_t id = 0;
};

/// The requests of one minute.
struct UsageMinute {
  std::int64_t minute = 0;  ///< since 1970 UTC
  UsageTotals totals;

  bool operator==(const UsageMinute&) const = default;
};

/// Minutes, both included.
struct MinuteRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// How long a minute is kept.
inline constexpr std::chrono::hours kUsageKept{7 * 24};

/// What was not written, and whether it may be given again: what may have been written all the same
/// may not, or it would count twice.
struct UsageFailure {
  bool repeat = true;
  Error error;
};

/// Who used how much in which minute, in the same storage as the users. Bounded in time
/// (kUsageKept) and in number. Safe from several threads.
class UsageLog {
 public:
  virtual ~UsageLog() = default;

  /// Adds to what is there, all or nothing, and lets go what is too old.
  virtual Result<void, UsageFailure> add(const std::vector<UsageCount>& counts, WallTime now) = 0;

  /// The minutes in which there were requests, oldest first.
  virtual Result<std::vector<UsageMinute>> minutes(const UsageOf& of,
                                                   const MinuteRange& range) const = 0;

  /// When the key was last used; nothing: never, or there is no such key.
  virtual Result<std::optional<WallTime>> last_use(std::uint64_t key_id) const = 0;
};

/// The sums of a list by user: what a user's own minutes are made of.
std::vector<UsageCount> by_user(const std::vector<UsageCount>& counts);

}  // namespace rl
