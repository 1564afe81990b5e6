#pragma once

#include <cstdint>
#include <string>

namespace rl::client {

/// How the store does that instances share, as the one that was asked sees it.
struct SharedStoreRecord {
  bool reachable = false;
  std::string breaker;           ///< "closed": it is asked; "half-open" or "open"
  std::int64_t call_p50_us = 0;  ///< of its latest calls
  std::int64_t call_p99_us = 0;
  std::uint64_t queued = 0;  ///< decisions that wait to be sent
  std::int64_t clock_ahead_us = 0;
  std::uint32_t instances = 0;  ///< that share the limits
  std::uint64_t calls = 0;      ///< this and the following since the start
  std::uint64_t asked = 0;
  std::uint64_t known_denials = 0;
  std::uint64_t fallback = 0;  ///< decisions made without it
  std::uint64_t late = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t refused = 0;
  std::uint64_t overflow = 0;
};

/// How one instance does with the store that it shares.
struct InstanceStore {
  std::string kind;  ///< what counts there now: "redis" or "fallback"
  std::int64_t call_p99_us = 0;
  std::uint64_t fallback = 0;  ///< decisions made without it
};

}  // namespace rl::client
