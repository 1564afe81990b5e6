#include "rl/health/health_register.h"

#include <utility>

namespace rl {

HealthRegister::HealthRegister(const Clock& clock) : clock_(clock) {
  record_ = {
      .health = word_.read(), .reason = "", .by = "", .since = clock.wall_now(), .expires_at = {}};
}

HealthRecord HealthRegister::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

HealthRecord HealthRegister::set(HealthChange change) {
  const std::lock_guard lock(mutex_);
  return set_locked(std::move(change));
}

std::optional<HealthRecord> HealthRegister::expire() {
  const std::lock_guard lock(mutex_);
  if (!ends_at_ || clock_.now() < *ends_at_) {
    return std::nullopt;
  }
  return set_locked({.state = HealthState::kNormal,
                     .reason = "the time of the previous state ran out",
                     .by = record_.by,
                     .source = HealthSource::kDefault});
}

HealthRecord HealthRegister::set_locked(HealthChange change) {
  const WallTime now = clock_.wall_now();
  record_ = {.health = {.version = record_.health.version + 1,
                        .state = change.state,
                        .source = change.source},
             .reason = std::move(change.reason),
             .by = std::move(change.by),
             .since = now,
             .expires_at = {}};
  ends_at_.reset();
  if (change.ttl) {
    record_.expires_at = now + *change.ttl;
    ends_at_ = clock_.now() + *change.ttl;
  }
  word_.raise_to(record_.health);
  return record_;
}

}  // namespace rl
