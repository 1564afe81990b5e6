#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/result.h"
#include "rl/health/health_register.h"

namespace rl {

/// How an instance does with the store that it shares with the others.
struct InstanceStore {
  std::string kind;           ///< what counts there now: "redis" or "fallback"
  Micros call_p99{};          ///< of its latest calls
  std::uint64_t without = 0;  ///< decisions made without it since the start
};

/// What an instance tells of itself to the others.
struct InstanceRecord {
  std::string id;
  std::string version;  ///< of the program
  std::string data;     ///< its listeners, as HOST:PORT
  std::string admin;
  std::uint64_t policy_version = 0;
  Health health;                            ///< in force there
  std::optional<InstanceStore> store = {};  ///< nothing: it shares none, or does not tell
};

/// How the bonds with the other instances are, and what came over them since the start.
struct FleetStats {
  bool shared = false;             ///< whether there can be other instances at all
  bool reachable = true;           ///< whether changes of the health reach them now
  bool subscribed = false;         ///< whether changes are told at once, not only found
  std::uint64_t by_message = 0;    ///< changes that were told
  std::uint64_t by_poll = 0;       ///< changes that were found by looking
  std::uint64_t written_back = 0;  ///< changes that the shared store had lost
  std::uint64_t reconnects = 0;    ///< of what tells
};

/// All instances that have one health, seen from this one. Safe from several threads; never on the
/// way of a request.
class Fleet {
 public:
  virtual ~Fleet() = default;

  /// Sets the health of all. Fails, with nothing changed, while the others cannot be reached.
  virtual Result<HealthRecord> set_health(HealthChange change) = 0;

  /// The latest healths of all, the oldest first; at most HealthRegister::kMaxHistory.
  virtual std::vector<HealthRecord> history() = 0;

  /// The instances that are present, by id, this one among them.
  virtual std::vector<InstanceRecord> instances() = 0;

  virtual FleetStats stats() const = 0;
};

}  // namespace rl
