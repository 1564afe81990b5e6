#include "rl/identity/usage_recorder.h"

#include <algorithm>
#include <utility>

namespace rl {
namespace {

std::uint64_t requests(const UsageTotals& totals) {
  return totals.allowed + totals.denied;
}

}  // namespace

void UsageRecorder::tick() {
  collect();
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    due = clock_.now() - written_at_ >= kWriteEvery;
  }
  if (due) {
    write();
  }
}

void UsageRecorder::collect() {
  auto counts = meter_.take();
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  while (!recent_.empty() && recent_.front().at + kRecent <= now) {
    recent_.pop_front();
  }
  wait_for_next_write(counts);
  if (!counts.empty()) {
    recent_.push_back({.at = now, .counts = std::move(counts)});
  }
}

/// Precondition: mutex_ is held.
void UsageRecorder::wait_for_next_write(const std::vector<UsageCount>& counts) {
  for (const UsageCount& count : counts) {
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back(count);
    } else {
      lost_ += requests(count.totals);
    }
  }
}

void UsageRecorder::write() {
  const std::lock_guard writer(writing_);
  collect();
  std::vector<UsageCount> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(waiting_);
    written_at_ = clock_.now();
  }
  for (std::size_t at = 0; at < all.size(); at += kMostOfWrite) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = std::min(kMostOfWrite, all.size() - at);
    const std::vector<UsageCount> part(begin, begin + static_cast<std::ptrdiff_t>(size));
    const auto done = log_.add(part, clock_.wall_now());
    if (done) {
      told_ = false;
      continue;
    }
    if (!std::exchange(told_, true)) {
      to_.warn("the usage cannot be written now", {{"why", done.error().error.message}});
    }
    const auto left = begin + static_cast<std::ptrdiff_t>(done.error().repeat ? 0 : size);
    const std::lock_guard lock(mutex_);
    if (!done.error().repeat) {
      for (const UsageCount& count : part) {
        lost_ += requests(count.totals);
      }
    }
    wait_for_next_write({left, all.end()});
    return;
  }
}

std::vector<RecentUsage> UsageRecorder::loudest(std::size_t most) const {
  std::map<std::pair<std::uint64_t, std::uint64_t>, UsageTotals> sums;
  {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.now();
    for (const Second& second : recent_) {
      if (second.at + kRecent <= now) {
        continue;
      }
      for (const UsageCount& count : second.counts) {
        sums[{count.owner.user, count.owner.key}] += count.totals;
      }
    }
  }
  std::vector<RecentUsage> list;
  list.reserve(sums.size());
  for (const auto& [owner, totals] : sums) {
    list.push_back({.owner = {.user = owner.first, .key = owner.second}, .totals = totals});
  }
  const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(most, list.size()));
  std::partial_sort(list.begin(), end, list.end(), [](const RecentUsage& a, const RecentUsage& b) {
    return requests(a.totals) > requests(b.totals);
  });
  list.erase(end, list.end());
  return list;
}

std::uint64_t UsageRecorder::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace rl
