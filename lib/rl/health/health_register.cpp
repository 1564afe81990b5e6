#include "rl/health/health_register.h"

#include <fmt/core.h>

#include <utility>

#include "rl/base/duration.h"

namespace rl {

std::string words_of(const HealthRecord& record) {
  std::string words(to_string(record.health.state));
  if (record.expires_at) {
    words += fmt::format(" until {}", format_utc(*record.expires_at));
  }
  return record.reason.empty() ? words : fmt::format("{}: {}", words, record.reason);
}

HealthRegister::HealthRegister(const Clock& clock) : clock_(clock) {
  records_.push_back({.health = word_.read(),
                      .reason = "",
                      .by = "",
                      .since = clock.wall_now(),
                      .expires_at = {}});
}

HealthRecord HealthRegister::record() const {
  const std::lock_guard lock(mutex_);
  return records_.back();
}

std::vector<HealthRecord> HealthRegister::history() const {
  const std::lock_guard lock(mutex_);
  return {records_.begin(), records_.end()};
}

HealthRecord HealthRegister::set(HealthChange change) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t version = version_after(records_.back().health.version, ends_at_.has_value());
  put_locked({.health = {.version = version, .state = change.state, .source = change.source},
              .reason = std::move(change.reason),
              .by = std::move(change.by),
              .since = clock_.wall_now(),
              .expires_at = {}},
             change.ttl);
  return records_.back();
}

bool HealthRegister::adopt(const SharedHealth& shared) {
  const std::lock_guard lock(mutex_);
  if (shared.health.version <= records_.back().health.version) {
    return false;
  }
  put_locked({.health = shared.health,
              .reason = shared.reason,
              .by = shared.by,
              .since = shared.since,
              .expires_at = {}},
             shared.remaining);
  if (shared.remaining && *shared.remaining <= Micros::zero()) {
    end_locked();
  }
  return true;
}

SharedHealth HealthRegister::shared() const {
  const std::lock_guard lock(mutex_);
  const HealthRecord& record = records_.back();
  SharedHealth shared{.health = record.health,
                      .reason = record.reason,
                      .by = record.by,
                      .since = record.since,
                      .remaining = {}};
  if (ends_at_) {
    shared.remaining = *ends_at_ - clock_.now();
  }
  return shared;
}

std::optional<HealthRecord> HealthRegister::expire() {
  const std::lock_guard lock(mutex_);
  if (!ends_at_ || clock_.now() < *ends_at_) {
    return std::nullopt;
  }
  return end_locked();
}

/// NORMAL again, as the state that is in force has had its time.
HealthRecord HealthRegister::end_locked() {
  const HealthRecord& ended = records_.back();
  put_locked({.health = {.version = ended.health.version + 1,
                         .state = HealthState::kNormal,
                         .source = HealthSource::kDefault},
              .reason = "the time of the previous state ran out",
              .by = ended.by,
              .since = clock_.wall_now(),
              .expires_at = {}},
             {});
  return records_.back();
}

void HealthRegister::put_locked(HealthRecord record, std::optional<Micros> ttl) {
  ends_at_.reset();
  if (ttl) {
    record.expires_at = clock_.wall_now() + *ttl;
    ends_at_ = clock_.now() + *ttl;
  }
  // Only a state that has ended already is never seen by a request: its end follows at once.
  if (!ttl || *ttl > Micros::zero()) {
    word_.raise_to(record.health);
  }
  records_.push_back(std::move(record));
  if (records_.size() > kMaxHistory) {
    records_.pop_front();
  }
}

}  // namespace rl
