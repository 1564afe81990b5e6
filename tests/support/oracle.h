#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rl/store/store.h"

namespace rl::test {

/// The limits as limits.md words them, written as naively as possible: every admitted unit of a
/// bucket is kept in a list, and each question walks the list. Shares no code with the product.
class Oracle {
 public:
  /// Whether `cost` more units would fit into the bucket at `now`.
  bool fits(const Charge& charge, std::uint32_t cost, Instant now) const {
    if (cost > charge.limit.units || charge.limit.units == 0) {
      return false;  // 0 means blocked, also for a request that costs nothing
    }
    return cost == 0 || used(charge, now) + cost <= charge.limit.units;
  }

  /// What the request gets, with the sentence "admitted iff all admit". True: it was counted.
  bool decide(std::span<const Charge> charges, Mode mode, Instant now) {
    const bool all = std::all_of(charges.begin(), charges.end(), [&](const Charge& charge) {
      return !charge.enforce || fits(charge, charge.cost, now);
    });
    if (mode == Mode::kPeek || !all) {
      return all;
    }
    for (const Charge& charge : charges) {
      if (fits(charge, charge.cost, now)) {
        record(charge, now);
      }
    }
    return true;
  }

  std::uint32_t remaining(const Charge& charge, Instant now) const {
    const double left = std::floor(charge.limit.units - used(charge, now));
    return left > 0 ? static_cast<std::uint32_t>(left) : 0;
  }

  /// The time that counts for a bucket: a clock that steps back does not go behind what is
  /// recorded.
  Instant clamped(const Charge& charge, Instant now) const {
    const std::vector<Instant>* const stamps = find(charge);
    if (charge.limit.algorithm == Algorithm::kTokenBucket) {
      const auto level = levels_.find(name(charge));
      return level == levels_.end() ? now : std::max(now, level->second.at);
    }
    if (stamps == nullptr || stamps->empty()) {
      return now;
    }
    const Instant last = stamps->back();
    return std::max(now, charge.limit.algorithm == Algorithm::kSlidingWindow
                             ? last
                             : window_start(last, charge.limit.window));
  }

  /// The oldest unit that the exact window still counts, if there is one.
  std::optional<Instant> oldest_live(const Charge& charge, Instant now) const {
    if (const auto* const stamps = find(charge)) {
      for (const Instant stamp : *stamps) {
        if (stamp + charge.limit.window > clamped(charge, now)) {
          return stamp;
        }
      }
    }
    return std::nullopt;
  }

  /// Forgets what can never count again, to keep the lists short.
  void forget_before(Instant time) {
    for (auto& [bucket, stamps] : stamps_) {
      stamps.erase(stamps.begin(), std::lower_bound(stamps.begin(), stamps.end(), time));
    }
  }

 private:
  struct Level {
    Instant at{};
    std::int64_t millionths = 0;
  };

  static std::string name(const Charge& charge) {
    return std::string(charge.bucket.owner) + "|" + std::string(charge.bucket.rule);
  }

  static Instant window_start(Instant time, Micros window) {
    return time - time.time_since_epoch() % window;
  }

  const std::vector<Instant>* find(const Charge& charge) const {
    const auto found = stamps_.find(name(charge));
    return found == stamps_.end() ? nullptr : &found->second;
  }

  double count_between(const Charge& charge, Instant from, Instant to) const {
    const std::vector<Instant>* const stamps = find(charge);
    return stamps == nullptr ? 0
                             : static_cast<double>(std::count_if(
                                   stamps->begin(), stamps->end(),
                                   [&](Instant stamp) { return stamp >= from && stamp < to; }));
  }

  double used(const Charge& charge, Instant clock) const {
    const Instant now = clamped(charge, clock);
    const Micros window = charge.limit.window;
    const Instant start = window_start(now, window);
    switch (charge.limit.algorithm) {
      case Algorithm::kSlidingWindow:
        return count_between(charge, now - window + Micros{1}, Instant::max());
      case Algorithm::kFixedWindow:
        return count_between(charge, start, Instant::max());
      case Algorithm::kSlidingCounter: {
        const auto left = static_cast<double>((window - (now - start)).count());
        return count_between(charge, start - window, start) * left /
                   static_cast<double>(window.count()) +
               count_between(charge, start, Instant::max());
      }
      case Algorithm::kTokenBucket:
        return static_cast<double>(taken(charge, now)) / 1e6;
    }
    return 0;
  }

  std::int64_t taken(const Charge& charge, Instant now) const {
    const auto found = levels_.find(name(charge));
    if (found == levels_.end()) {
      return 0;
    }
    const double rate = std::min(charge.limit.base, charge.limit.units) * 1e6;
    const auto elapsed = static_cast<double>((now - found->second.at).count());
    const double refilled =
        std::floor(elapsed * rate / static_cast<double>(charge.limit.window.count()));
    const double left = static_cast<double>(found->second.millionths) - refilled;
    return left > 0 ? static_cast<std::int64_t>(left) : 0;
  }

  void record(const Charge& charge, Instant clock) {
    if (charge.cost == 0) {
      return;
    }
    const Instant now = clamped(charge, clock);
    if (charge.limit.algorithm == Algorithm::kTokenBucket) {
      const std::int64_t level = taken(charge, now) + std::int64_t{charge.cost} * 1'000'000;
      levels_[name(charge)] = {.at = now, .millionths = level};
      return;
    }
    std::vector<Instant>& stamps = stamps_[name(charge)];
    stamps.insert(stamps.end(), charge.cost, now);
  }

  std::map<std::string, std::vector<Instant>> stamps_;  // per bucket, oldest first
  std::map<std::string, Level> levels_;                 // token buckets
};

}  // namespace rl::test
