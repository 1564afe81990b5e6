#include "rl/health/redis/fleet_poller.h"

#include <algorithm>
#include <utility>

namespace rl::redis {
namespace {

constexpr Micros kPollTimeout = std::chrono::milliseconds{500};
constexpr Micros kPeriod = std::chrono::milliseconds{250};
constexpr Micros kBetweenAnnouncements = std::chrono::milliseconds{750};
constexpr Micros kBeforeFewer = std::chrono::seconds{3};

/// Whether requests are treated otherwise under one than under the other.
bool differ(const SharedHealth& a, const SharedHealth& b) {
  return a.health.state != b.health.state || a.remaining.has_value() != b.remaining.has_value();
}

}  // namespace

FleetPoller::FleetPoller(Parts parts)
    : parts_(std::move(parts)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void FleetPoller::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void FleetPoller::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (link_ || connect()) {
      if (const auto looked = look(); !looked) {
        link_.reset();
        if (!std::exchange(told_, true)) {
          parts_.log.warn("the other instances cannot be reached",
                          {{"reason", looked.error().message}});
        }
      } else if (std::exchange(told_, false)) {
        parts_.log.info("the other instances can be reached again");
      }
    }
    reachable_.store(link_.has_value(), std::memory_order_relaxed);
    pause(stop);
  }
  if (link_) {
    static_cast<void>(link_->leave(parts_.self().id));  // else it is missed soon
  }
}

bool FleetPoller::connect() {
  auto link = FleetLink::open(parts_.place, parts_.clock, kPollTimeout);
  if (!link) {
    if (!std::exchange(told_, true)) {
      parts_.log.warn("the other instances cannot be reached", {{"reason", link.error().message}});
    }
    return false;
  }
  link_.emplace(std::move(*link));
  return true;
}

Result<void> FleetPoller::look() {
  const auto stored = link_->health();
  if (!stored) {
    return fail_with(stored.error());
  }
  if (auto compared = compare(*stored); !compared) {
    return compared;
  }
  if (parts_.clock.now() >= next_announcement_ ||
      announced_version_ != parts_.health.word().read().version) {
    return announce();
  }
  return {};
}

/// Makes what is stored and what is in force here the same.
Result<void> FleetPoller::compare(const std::optional<SharedHealth>& stored) {
  const SharedHealth own = parts_.health.shared();
  const std::uint64_t version = stored ? stored->health.version : 1;  // 1: nothing was ever set
  if (version > own.health.version) {
    parts_.found(*stored);
    return {};
  }
  const bool lost = version < own.health.version;
  if (!lost && !(stored && differ(*stored, own))) {
    return {};
  }
  const auto kept = lost ? link_->offer(own) : link_->settle(own);
  if (!kept) {
    return fail_with(kept.error());
  }
  written_back_.fetch_add(lost ? 1 : 0, std::memory_order_relaxed);
  parts_.log.info(lost ? "the health was written back" : "two healths of one version were settled",
                  {{"version", kept->health.version}});
  parts_.found(*kept);
  return {};
}

Result<void> FleetPoller::announce() {
  const InstanceRecord self = parts_.self();
  const auto present = link_->announce(self);
  if (!present) {
    return fail_with(present.error());
  }
  announced_version_ = self.health.version;
  next_announcement_ = parts_.clock.now() + kBetweenAnnouncements;
  count(present->size());
  return {};
}

void FleetPoller::count(std::size_t present) {
  const auto now_there = static_cast<std::uint32_t>(present);
  const Instant now = parts_.clock.now();
  if (now_there >= count()) {
    fewer_since_ = Instant::max();
  } else {
    fewer_since_ = std::min(fewer_since_, now);
    if (now - fewer_since_ < kBeforeFewer) {
      return;
    }
  }
  count_.store(now_there, std::memory_order_relaxed);
}

/// A little less than the period, each time by another amount, so that instances do not ask all at
/// once.
void FleetPoller::pause(const std::stop_token& stop) {
  const auto jitter = parts_.random.below(static_cast<std::uint64_t>(kPeriod.count()) / 5);
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, kPeriod - Micros{static_cast<std::int64_t>(jitter)},
                 [this] { return woken_; });
  woken_ = false;
}

}  // namespace rl::redis
