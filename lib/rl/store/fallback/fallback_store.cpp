#include "rl/store/fallback/fallback_store.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rl {
namespace {

constexpr std::string_view kFallback = "fallback";
constexpr std::size_t kHandedOverAtOnce = 1'000;  // buckets, by one call of tend()

using Rooms = std::array<Journal::Room, kMaxCharges>;

/// The share of one of so many instances, never nothing out of something.
std::uint32_t share(std::uint32_t units, std::uint32_t instances) {
  return units / instances + (units % instances == 0 ? 0 : 1);
}

void admit_all(std::span<const Charge> charges, std::span<Decision> decisions) {
  for (std::size_t i = 0; i < charges.size(); ++i) {
    decisions[i] = {.allowed = true,
                    .limit = charges[i].limit.units,
                    .remaining = charges[i].limit.units,
                    .reset_after = Micros::zero(),
                    .retry_after = Micros::zero()};
  }
}

bool all_allowed(std::span<const Charge> charges, std::span<const Decision> decisions) {
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (charges[i].enforce && !decisions[i].allowed) {
      return false;
    }
  }
  return true;
}

}  // namespace

FallbackStore::FallbackStore(const Options& options, Parts parts)
    : options_(options), parts_(std::move(parts)) {}

std::uint32_t FallbackStore::instances() const {
  return std::max({options_.instances, parts_.present(), 1U});
}

std::string_view FallbackStore::kind() const {
  return parts_.shared.breaker().closed() ? "redis" : kFallback;
}

void FallbackStore::decide_later(std::span<const Charge> charges, Mode mode,
                                 std::span<Decision> decisions, Decided done) {
  if (charges.empty()) {
    return done(kind());
  }
  if (!parts_.shared.breaker().closed()) {
    return done(fall_back("the connection was lost", charges, mode, decisions));
  }
  parts_.shared.decide_later(
      charges, mode, decisions,
      [=, this, done = std::move(done)](const Result<std::string_view>& decided) {
        if (!decided) {
          return done(fall_back(decided.error().message, charges, mode, decisions));
        }
        last_known_.learn(charges, decisions, parts_.clock.now());
        done(decided);
      });
}

Result<std::string_view> FallbackStore::fall_back(const std::string& reason,
                                                  std::span<const Charge> charges, Mode mode,
                                                  std::span<Decision> decisions) {
  Breaker& breaker = parts_.shared.breaker();
  if (breaker.closed() && !parts_.shared.connected()) {
    breaker.trip();  // from now on what is admitted here is handed over before requests return
  }
  if (!breaker.closed()) {
    begin_episode(reason);
  }
  fallen_back_.fetch_add(1, std::memory_order_relaxed);
  return decide_without(charges, mode, decisions);
}

Result<std::string_view> FallbackStore::decide_without(std::span<const Charge> charges, Mode mode,
                                                       std::span<Decision> decisions) {
  switch (charges.front().on_store_failure.value_or(options_.on_failure)) {
    case OnStoreFailure::kLocal:
      return decide_locally(charges, mode, decisions);
    case OnStoreFailure::kOpen:
      admit_all(charges, decisions);
      if (mode == Mode::kAcquire) {
        journal_.write(charges, Rooms(), parts_.clock.now());
      }
      return kFallback;
    case OnStoreFailure::kClosed:
      break;
  }
  return fail("the shared store does not answer");
}

Result<std::string_view> FallbackStore::decide_locally(std::span<const Charge> charges, Mode mode,
                                                       std::span<Decision> decisions) {
  const Instant now = parts_.clock.now();
  const std::uint32_t sharers = instances();
  std::array<Charge, kMaxCharges> own;
  Rooms rooms;
  for (std::size_t i = 0; i < charges.size(); ++i) {
    own[i] = charges[i];
    Limit& limit = own[i].limit;
    limit.units = share(limit.units, sharers);
    limit.base = share(limit.base, sharers);
    limit.degraded = share(limit.degraded, sharers);
    const auto known = last_known_.of(charges[i].bucket);
    if (known && now < known->at + limit.window) {
      rooms[i] = {.bounded = true, .units = known->remaining, .since = known->at};
    }
  }
  const std::span shares = std::span(own).first(charges.size());
  bool admits = mode == Mode::kAcquire;
  if (admits) {
    admits = journal_.write(charges, rooms, now) == Journal::kNone;
  }
  auto decided = parts_.local.decide(shares, admits ? mode : Mode::kPeek, decisions);
  if (!decided) {
    return decided;
  }
  const bool admitted = admits && all_allowed(charges, decisions);
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (admits && !(admitted && decisions[i].allowed)) {
      journal_.take_back(charges[i]);
    }
    if (!rooms[i].bounded) {
      continue;
    }
    const std::uint32_t left = journal_.left(charges[i].bucket, rooms[i]);
    decisions[i].remaining = std::min(decisions[i].remaining, left);
    if (!admits && decisions[i].allowed && left < charges[i].cost) {
      decisions[i].allowed = false;
      decisions[i].retry_after = rooms[i].since + charges[i].limit.window - now;
    }
  }
  return kFallback;
}

void FallbackStore::begin_episode(const std::string& reason) {
  if (!episode_told_.exchange(true, std::memory_order_relaxed)) {
    before_episode_.store(fallen_back(), std::memory_order_relaxed);
    parts_.log.warn("the shared store does not answer: deciding without it", {{"reason", reason}});
  }
}

void FallbackStore::end_episode() {
  if (episode_told_.exchange(false, std::memory_order_relaxed)) {
    parts_.log.info(
        "the shared store answers again",
        {{"decided_without_it", fallen_back() - before_episode_.load(std::memory_order_relaxed)}});
  }
}

void FallbackStore::tend() {
  parts_.shared.fail_late();
  Breaker& breaker = parts_.shared.breaker();
  if (journal_.has_lost()) {
    parts_.log.warn("too much was admitted without the shared store to count it there later");
  }
  if (breaker.closed()) {
    static_cast<void>(hand_over());  // of single decisions that came too late
    return;
  }
  begin_episode("the connection was lost or calls came to nothing");
  if (breaker.probe_due() && breaker.report_probe(parts_.shared.probe()) && hand_over()) {
    breaker.close();
    end_episode();
  }
}

/// Counts in the shared store some of what was admitted without it. True when nothing is left; what
/// could not be counted stays.
bool FallbackStore::hand_over() {
  const Instant now = parts_.clock.now();
  std::vector<Journal::Entry> entries = journal_.take(kHandedOverAtOnce, now);
  if (entries.empty()) {
    return journal_.empty();
  }
  std::vector<RedisStore::Record> records;
  records.reserve(entries.size());
  for (const Journal::Entry& entry : entries) {
    records.push_back({.bucket = {.owner = entry.owner, .rule = entry.rule},
                       .limit = entry.limit,
                       .cost = entry.cost,
                       .age = now - entry.at});
  }
  const std::vector<bool> counted = parts_.shared.record(records);
  std::vector<Journal::Entry> uncounted;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!counted[i]) {
      uncounted.push_back(std::move(entries[i]));
    }
  }
  journal_.put_back(std::move(uncounted));
  return journal_.empty();
}

SharedStoreStats FallbackStore::shared_stats() const {
  SharedStoreStats stats = parts_.shared.shared_stats();
  stats.without = fallen_back();
  stats.instances = instances();
  return stats;
}

}  // namespace rl
