#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/clock.h"
#include "rl/health/health_word.h"

namespace rl {

/// A wish to change the health.
struct HealthChange {
  HealthState state = HealthState::kNormal;
  std::optional<std::chrono::seconds> ttl = {};  ///< after which NORMAL returns by itself
  std::string reason = {};                       ///< for people
  std::string by = {};                           ///< who asks
  HealthSource source = HealthSource::kManual;
};

/// The health with its history of one step: what people are shown.
struct HealthRecord {
  Health health;
  std::string reason;
  std::string by;
  WallTime since{};
  std::optional<WallTime> expires_at;
};

/// A health in a few words, for logs: "DEGRADED until 2026-11-28T01:00:00Z: maintenance".
std::string words_of(const HealthRecord& record);

/// The same as instances tell it to each other: no point of steady time, which each has its own of.
struct SharedHealth {
  Health health;
  std::string reason;
  std::string by;
  WallTime since{};                 ///< only shown, never compared
  std::optional<Micros> remaining;  ///< until the state ends; 0 or less: it has ended
};

/// The end of a state with a TTL has a version of its own, the next one, which no change may take:
/// so instances that end it each by itself hold the same, and a change at that moment is later.
constexpr std::uint64_t version_after(std::uint64_t version, bool has_ttl) {
  return version + (has_ttl ? 2 : 1);
}

/// The versioned record behind the health word. Every change raises the version, also one that
/// names the state that is already in force (its reason or TTL may be new). Safe from several
/// threads; requests read word() and never wait for a change.
class HealthRegister {
 public:
  /// The clock outlives the register.
  explicit HealthRegister(const Clock& clock);

  const HealthWord& word() const { return word_; }

  HealthRecord record() const;

  /// Puts the change in force and returns the new record.
  HealthRecord set(HealthChange change);

  /// Takes over what another instance put in force, unless it is no later than what is in force
  /// here; one that has ended meanwhile is NORMAL in the version after it. Whether it did.
  bool adopt(const SharedHealth& shared);

  /// What is in force, for other instances.
  SharedHealth shared() const;

  /// Ends a state whose TTL has run out: NORMAL again, with the reason told. To be called several
  /// times a second. The record of the change, if there was one.
  std::optional<HealthRecord> expire();

  /// The latest records that were in force here, the oldest first; at most kMaxHistory.
  std::vector<HealthRecord> history() const;

  static constexpr std::size_t kMaxHistory = 100;

 private:
  void put_locked(HealthRecord record, std::optional<Micros> ttl);
  HealthRecord end_locked();

  const Clock& clock_;
  HealthWord word_;

  mutable std::mutex mutex_;
  std::deque<HealthRecord> records_;  // guarded by mutex_; the last one is in force
  std::optional<Instant> ends_at_;    // guarded by mutex_
};

}  // namespace rl
