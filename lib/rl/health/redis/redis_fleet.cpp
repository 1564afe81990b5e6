#include "rl/health/redis/redis_fleet.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace rl {
namespace {

constexpr Micros kCallTimeout = std::chrono::seconds{1};
constexpr char kHint[] = "rlctl health set STATE --direct URL… sets each instance by itself";

/// What people are shown of a change of the past.
HealthRecord record_of(const SharedHealth& shared) {
  HealthRecord record{.health = shared.health,
                      .reason = shared.reason,
                      .by = shared.by,
                      .since = shared.since,
                      .expires_at = {}};
  if (shared.remaining) {
    record.expires_at = shared.since + *shared.remaining;
  }
  return record;
}

}  // namespace

RedisFleet::RedisFleet(redis::FleetPlace place, Parts parts)
    : place_(std::move(place)), parts_(std::move(parts)) {}

void RedisFleet::start() {
  poller_.emplace(redis::FleetPoller::Parts{
      .place = place_,
      .clock = clock_,
      .random = parts_.random,
      .log = parts_.log,
      .health = parts_.health,
      .self = parts_.self,
      .found = [this](const SharedHealth& health) { take_over(health, by_poll_); }});
  subscriber_.emplace(redis::HealthSubscriber::Parts{.place = place_,
                                                     .clock = clock_,
                                                     .random = parts_.random,
                                                     .log = parts_.log,
                                                     .heard = [this](const SharedHealth& health) {
                                                       if (take_over(health, by_message_)) {
                                                         poller_->wake();
                                                       }
                                                     }});
}

bool RedisFleet::wait_until_joined(Micros timeout) const {
  const Instant end = clock_.now() + timeout;
  while (!(poller_ && poller_->reachable()) && clock_.now() < end) {
    ::poll(nullptr, 0, 1);
  }
  return poller_ && poller_->reachable();
}

bool RedisFleet::take_over(const SharedHealth& health, std::atomic<std::uint64_t>& counter) {
  if (!parts_.health.adopt(health)) {
    return false;
  }
  counter.fetch_add(1, std::memory_order_relaxed);
  const HealthRecord record = parts_.health.record();
  parts_.log.info("health followed", {{"state", to_string(record.health.state)},
                                      {"version", record.health.version},
                                      {"by", record.by},
                                      {"reason", record.reason}});
  return true;
}

Result<HealthRecord> RedisFleet::set_health(HealthChange change) {
  auto link = redis::FleetLink::open(place_, clock_, kCallTimeout);
  if (!link) {
    return fail(fmt::format("the health of the fleet cannot be set while its Redis does not answer "
                            "({}); nothing has changed",
                            link.error().message),
                kHint);
  }
  const SharedHealth own = parts_.health.shared();
  SharedHealth wish{
      .health = {.version = version_after(own.health.version, own.remaining.has_value()),
                 .state = change.state,
                 .source = change.source},
      .reason = std::move(change.reason),
      .by = std::move(change.by),
      .since = clock_.wall_now(),
      .remaining = {}};
  if (change.ttl) {
    wish.remaining = *change.ttl;
  }
  const auto stored = link->set(wish);
  if (!stored) {
    return fail(fmt::format("Redis did not confirm the change ({}): it may be in force or not",
                            stored.error().message),
                kHint);
  }
  parts_.health.adopt(*stored);
  if (poller_) {
    poller_->wake();
  }
  return parts_.health.record();
}

std::vector<HealthRecord> RedisFleet::history() {
  auto link = redis::FleetLink::open(place_, clock_, kCallTimeout);
  const auto stored = link ? link->history() : fail_with(link.error());
  if (!stored || stored->empty()) {
    return parts_.health.history();
  }
  std::vector<HealthRecord> records;
  std::transform(stored->begin(), stored->end(), std::back_inserter(records), record_of);
  return records;
}

std::vector<InstanceRecord> RedisFleet::instances() {
  InstanceRecord self = parts_.self();
  std::vector<InstanceRecord> all;
  if (poller_ && poller_->reachable()) {
    auto link = redis::FleetLink::open(place_, clock_, kCallTimeout);
    if (auto listed = link ? link->list() : fail_with(link.error())) {
      all = std::move(*listed);
    }
  }
  std::erase_if(all, [&](const InstanceRecord& other) { return other.id == self.id; });
  all.push_back(std::move(self));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

FleetStats RedisFleet::stats() const {
  FleetStats stats{.shared = true,
                   .reachable = poller_ && poller_->reachable(),
                   .subscribed = subscriber_ && subscriber_->subscribed(),
                   .by_message = by_message_.load(std::memory_order_relaxed),
                   .by_poll = by_poll_.load(std::memory_order_relaxed)};
  stats.written_back = poller_ ? poller_->written_back() : 0;
  stats.reconnects = subscriber_ ? subscriber_->reconnects() : 0;
  return stats;
}

}  // namespace rl
