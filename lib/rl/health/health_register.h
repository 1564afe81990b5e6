#pragma once

#include <mutex>
#include <optional>
#include <string>

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

  /// Ends a state whose TTL has run out: NORMAL again, with the reason told. To be called several
  /// times a second. The record of the change, if there was one.
  std::optional<HealthRecord> expire();

 private:
  HealthRecord set_locked(HealthChange change);

  const Clock& clock_;
  HealthWord word_;

  mutable std::mutex mutex_;
  HealthRecord record_;             // guarded by mutex_
  std::optional<Instant> ends_at_;  // guarded by mutex_
};

}  // namespace rl
