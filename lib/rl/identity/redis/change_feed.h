#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/identity/change_marks.h"
#include "rl/redis/link.h"

namespace rl::redis {

/// Follows the list of changes that directory.lua writes, on a thread of its own, so that what this
/// instance remembers of users and keys is read again after another instance changed it. The list
/// is a numbered log and not a message: who was away reads on where it stopped, and a number that
/// is missing makes everything be read again. It is waited on with a blocking read, and a quarter
/// of a second without news is checked against the last number that was given; so a change is known
/// everywhere within a second, mostly at once. Runs from construction to destruction. What it is
/// given outlives it.
class ChangeFeed {
 public:
  struct Options {
    RedisUrl url;
    std::string prefix;
    Micros trusted_for{};  ///< after the last answer of Redis what is remembered counts this long
  };

  ChangeFeed(Options options, const Clock& clock, ChangeMarks& marks, const Log& log);

 private:
  void run(const std::stop_token& stop);
  bool connect();
  /// Waits for changes; false when the connection is of no use any more.
  bool follow();
  /// Reads again what was given last, and whether that is what was seen.
  bool check_last();
  bool apply(const Reply& entry);
  void forget_all();
  void distrust();

  const Options options_;
  const Clock& clock_;
  ChangeMarks& marks_;
  const Log& log_;
  const std::string changes_;  ///< the key of the list
  const std::string ids_;      ///< the key of the numbers

  // Of the thread alone.
  std::unique_ptr<Link> link_;
  std::uint64_t seen_ = 0;  ///< the number of the last change that was applied
  bool knows_seen_ = false;
  Instant heard_at_;  ///< the last answer
  bool told_ = false;

  std::jthread thread_;  // last: it uses the others
};

}  // namespace rl::redis
