#include "rl/store/fallback/journal.h"

#include <algorithm>
#include <utility>

namespace rl {
namespace {

constexpr std::size_t kMostBuckets = 100'000;
constexpr std::int64_t kPartsOfWindow = 32;

std::string name_of(std::string_view owner, std::string_view rule) {
  std::string name;
  name.reserve(owner.size() + rule.size() + 1);
  return name.append(owner).append(1, '\0').append(rule);
}

}  // namespace

std::uint32_t Journal::left_locked(const BucketId& bucket, const Room& room) const {
  const auto page = pages_.find(name_of(bucket.owner, bucket.rule));
  std::uint64_t used = 0;
  if (page != pages_.end()) {
    for (const Part& part : page->second.parts) {
      used += part.at >= room.since ? part.cost : 0;
    }
  }
  return room.units - static_cast<std::uint32_t>(std::min<std::uint64_t>(used, room.units));
}

std::uint32_t Journal::left(const BucketId& bucket, const Room& room) const {
  const std::lock_guard lock(mutex_);
  return left_locked(bucket, room);
}

std::size_t Journal::write(std::span<const Charge> charges, std::span<const Room> rooms,
                           Instant now) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (charges[i].enforce && rooms[i].bounded &&
        left_locked(charges[i].bucket, rooms[i]) < charges[i].cost) {
      return i;
    }
  }
  for (const Charge& charge : charges) {
    write_locked(charge, now);
  }
  return kNone;
}

void Journal::write_locked(const Charge& charge, Instant now) {
  if (charge.cost == 0) {
    return;
  }
  const BucketId& bucket = charge.bucket;
  const std::string name = name_of(bucket.owner, bucket.rule);
  auto found = pages_.find(name);
  if (found == pages_.end()) {
    if (pages_.size() >= kMostBuckets) {
      lost_ = true;
      return;
    }
    Page page{.owner = std::string(bucket.owner),
              .rule = std::string(bucket.rule),
              .limit = charge.limit,
              .parts = {}};
    found = pages_.emplace(name, std::move(page)).first;
  }
  Page& page = found->second;
  page.limit = charge.limit;
  while (!page.parts.empty() && page.parts.front().at + charge.limit.window <= now) {
    page.parts.pop_front();
  }
  if (page.parts.empty() || now - page.parts.back().begin > charge.limit.window / kPartsOfWindow) {
    page.parts.push_back({.begin = now, .at = now, .cost = charge.cost});
  } else {
    page.parts.back().at = std::max(page.parts.back().at, now);
    page.parts.back().cost += charge.cost;
  }
}

void Journal::take_back(const Charge& charge) {
  const std::lock_guard lock(mutex_);
  const auto page = pages_.find(name_of(charge.bucket.owner, charge.bucket.rule));
  std::uint32_t left = charge.cost;
  while (left > 0 && page != pages_.end() && !page->second.parts.empty()) {
    Part& last = page->second.parts.back();
    const std::uint32_t taken = std::min(left, last.cost);
    left -= taken;
    last.cost -= taken;
    if (last.cost == 0) {
      page->second.parts.pop_back();
    }
  }
}

std::vector<Journal::Entry> Journal::take(std::size_t buckets, Instant now) {
  std::vector<Entry> entries;
  const std::lock_guard lock(mutex_);
  for (; buckets > 0 && !pages_.empty(); --buckets) {
    const Page page = std::move(pages_.begin()->second);
    pages_.erase(pages_.begin());
    // A bucket that has more than its limit is full, whatever the rest is: the newest count.
    std::uint32_t room = std::max(page.limit.units, page.limit.base);
    for (auto part = page.parts.rbegin(); part != page.parts.rend() && room > 0; ++part) {
      const std::uint32_t cost = std::min(part->cost, room);
      room -= cost;
      if (part->at + page.limit.window > now) {
        entries.push_back({.owner = page.owner,
                           .rule = page.rule,
                           .limit = page.limit,
                           .cost = cost,
                           .at = part->at});
      }
    }
  }
  return entries;
}

void Journal::put_back(std::vector<Entry> entries) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries) {
    Page& page = pages_[name_of(entry.owner, entry.rule)];
    const Part part{.begin = entry.at, .at = entry.at, .cost = entry.cost};
    const auto later = std::find_if(page.parts.begin(), page.parts.end(),
                                    [&](const Part& other) { return other.at > part.at; });
    page.parts.insert(later, part);
    page.limit = entry.limit;
    page.owner = std::move(entry.owner);
    page.rule = std::move(entry.rule);
  }
}

bool Journal::empty() const {
  const std::lock_guard lock(mutex_);
  return pages_.empty();
}

bool Journal::has_lost() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lost_, false);
}

}  // namespace rl
