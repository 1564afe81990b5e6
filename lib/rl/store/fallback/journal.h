#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rl/store/store.h"

namespace rl {

/// What was admitted without the shared store, bucket by bucket, until it can be counted there.
/// Units that come close after each other, within a part of their window, are kept as one entry at
/// the time of the last: too late rather than too early. Bounded. Safe from several threads.
class Journal {
 public:
  /// Units to be counted.
  struct Entry {
    std::string owner;
    std::string rule;
    Limit limit;
    std::uint32_t cost;
    Instant at;
  };

  /// What one bucket may still get.
  struct Room {
    bool bounded = false;     ///< by what follows
    std::uint32_t units = 0;  ///< of those admitted since then
    Instant since{};
  };
  static constexpr std::size_t kNone = SIZE_MAX;

  /// Writes all charges down, or none when an enforced one has no room: then returns which.
  std::size_t write(std::span<const Charge> charges, std::span<const Room> rooms, Instant now);

  /// How many units of the room are still free.
  std::uint32_t left(const BucketId& bucket, const Room& room) const;

  /// Takes back what was just written: it was not admitted after all.
  void take_back(const Charge& charge);

  /// Takes out up to so many buckets with what is still inside their windows, at most a whole
  /// limit.
  std::vector<Entry> take(std::size_t buckets, Instant now);

  /// Puts back what could not be counted.
  void put_back(std::vector<Entry> entries);

  bool empty() const;

  /// Whether something was not written down for want of room, since the last time it was asked.
  bool has_lost();

 private:
  struct Part {
    Instant begin;
    Instant at;  ///< of the last unit
    std::uint32_t cost;
  };
  struct Page {
    std::string owner;
    std::string rule;
    Limit limit;
    std::deque<Part> parts;  ///< oldest first
  };

  std::uint32_t left_locked(const BucketId& bucket, const Room& room) const;
  void write_locked(const Charge& charge, Instant now);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Page> pages_;  // guarded by mutex_, as is what follows
  bool lost_ = false;
};

}  // namespace rl
