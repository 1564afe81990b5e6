#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/limit/decision.h"
#include "rl/limit/limit.h"

namespace rl::redis {

/// What the script is to do with a group, as decide.lua numbers it.
enum class Purpose : std::uint8_t { kPeek = 0, kAcquire = 1, kRecord = 2 };

/// One bucket of an ask: its key, and its terms in the bytes that decide.lua reads. Two with the
/// same key and the same bytes are the same question.
struct AskedBucket {
  /// What one bucket is asked for.
  struct Terms {
    Limit limit;
    std::uint32_t cost = 1;
    bool enforce = true;
  };

  static constexpr std::size_t kSize = 39;
  using Bytes = std::array<char, kSize>;

  AskedBucket(std::string bucket_key, const Terms& terms);

  friend bool operator==(const AskedBucket&, const AskedBucket&) = default;

  std::string key;
  Bytes bytes;  ///< asked once, without purpose and age
  std::uint32_t units;
  std::uint32_t cost;
  bool enforce;
  bool short_state;  ///< what its key holds is worth reading as a whole
};

/// One request to the script: a group of buckets, all admitted or none.
struct Ask {
  using Answer = Result<std::span<const Decision>>;

  std::vector<AskedBucket> buckets = {};
  Purpose purpose = Purpose::kAcquire;
  Micros age{};          ///< of a kRecord: how long ago it was
  std::uint64_t hash{};  ///< equal for equal buckets
  Instant deadline{};    ///< after it Redis records nothing, and nobody waits any more
  bool sent_again = false;

  /// Called once, on the client's thread or on that of submit(): a decision for each bucket, or why
  /// there is none. Does not block.
  std::function<void(const Answer&)> done = {};
};

}  // namespace rl::redis
