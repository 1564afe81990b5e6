#include "rl/store/fallback/fallback_store.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rl {
namespace {

constexpr std::string_view kFallback = "fallback";

/// More entries than that are not handed over: the newest count.
constexpr std::size_t kLongestJournal = 100'000;
constexpr std::size_t kHandedOverAtOnce = 1'000;  // by one call of tend()

/// The share of one of so many instances, never nothing out of something.
std::uint32_t share(std::uint32_t units, std::uint32_t instances) {
  return units / instances + (units % instances == 0 ? 0 : 1);
}

}  // namespace

FallbackStore::FallbackStore(const Options& options, const Parts& parts)
    : options_(options), parts_(parts), breaker_(parts.clock) {}

Result<std::string_view> FallbackStore::decide(std::span<const Charge> charges, Mode mode,
                                               std::span<Decision> decisions) {
  if (breaker_.closed()) {
    auto decided = parts_.shared.decide(charges, mode, decisions);
    if (breaker_.report(decided.has_value())) {
      parts_.log.warn("the shared store does not answer: deciding without it",
                      {{"reason", decided.error().message}});
    }
    if (decided) {
      return decided;
    }
  }
  fallen_back_.fetch_add(1, std::memory_order_relaxed);
  switch (options_.on_failure) {
    case OnStoreFailure::kLocal:
      return decide_locally(charges, mode, decisions);
    case OnStoreFailure::kOpen:
      for (std::size_t i = 0; i < charges.size(); ++i) {
        decisions[i] = {.allowed = true,
                        .limit = charges[i].limit.units,
                        .remaining = charges[i].limit.units,
                        .reset_after = Micros::zero(),
                        .retry_after = Micros::zero()};
      }
      return kFallback;
    case OnStoreFailure::kClosed:
      break;
  }
  return fail("the shared store does not answer");
}

Result<std::string_view> FallbackStore::decide_locally(std::span<const Charge> charges, Mode mode,
                                                       std::span<Decision> decisions) {
  std::array<Charge, kMaxCharges> own;
  for (std::size_t i = 0; i < charges.size(); ++i) {
    own[i] = charges[i];
    Limit& limit = own[i].limit;
    limit.units = share(limit.units, options_.instances);
    limit.base = share(limit.base, options_.instances);
    limit.degraded = share(limit.degraded, options_.instances);
  }
  const auto decided = parts_.local.decide(std::span(own).first(charges.size()), mode, decisions);
  if (decided && mode == Mode::kAcquire) {
    note(charges, decisions);
  }
  return decided ? Result<std::string_view>(kFallback) : decided;
}

/// Remembers what was counted, to hand it over later.
void FallbackStore::note(std::span<const Charge> charges, std::span<const Decision> decisions) {
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (charges[i].enforce && !decisions[i].allowed) {
      return;
    }
  }
  const Instant now = parts_.clock.now();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (!decisions[i].allowed || charges[i].cost == 0) {
      continue;
    }
    if (journal_.size() >= kLongestJournal) {
      if (!std::exchange(lost_told_, true)) {
        parts_.log.warn("too much was admitted without the shared store to count it there later");
      }
      return;
    }
    journal_.push_back({.owner = std::string(charges[i].bucket.owner),
                        .rule = std::string(charges[i].bucket.rule),
                        .limit = charges[i].limit,
                        .cost = charges[i].cost,
                        .at = now});
  }
}

void FallbackStore::tend() {
  if (!breaker_.probe_due()) {
    return;
  }
  const bool answers = parts_.shared.probe();
  if (breaker_.report_probe(answers) && hand_over()) {
    breaker_.close();
    parts_.log.info("the shared store answers again", {{"decided_without_it", fallen_back()}});
  }
}

/// Counts in the shared store some of what was admitted locally and is still in its window. True
/// when nothing is left; what could not be counted stays.
bool FallbackStore::hand_over() {
  std::vector<Entry> entries;
  {
    const std::lock_guard lock(mutex_);
    entries.swap(journal_);
    lost_told_ = false;
  }
  const Instant now = parts_.clock.now();
  for (std::size_t sent = 0; !entries.empty() && sent < kHandedOverAtOnce; ++sent) {
    const Entry& entry = entries.back();
    if (entry.at + entry.limit.window > now &&
        !parts_.shared.record({.bucket = {.owner = entry.owner, .rule = entry.rule},
                               .limit = entry.limit,
                               .cost = entry.cost})) {
      break;
    }
    entries.pop_back();
  }
  const std::lock_guard lock(mutex_);
  journal_.insert(journal_.end(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  return journal_.empty();
}

}  // namespace rl
