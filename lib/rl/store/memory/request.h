#pragma once

#include <cstddef>
#include <span>

#include "rl/store/memory/shard.h"
#include "rl/store/store.h"

namespace rl::memory {

/// A charge's place in the store.
struct Seat {
  Key key;
  std::size_t at;  ///< which shard
  Shard* shard;
  std::size_t slot;  ///< where to look first
  Bucket* bucket;    ///< nullptr while nothing is counted there
};

/// What the store was asked, and the places where it is decided: the steps of a decision, for
/// whoever holds the locks. decisions[i] and seats[i] belong to charges[i].
struct Request {
  std::span<const Charge> charges;
  Mode mode;
  std::span<Decision> decisions;
  std::span<Seat> seats;

  /// Has the processor fetch the buckets, of all at once.
  void approach() const;

  /// Looks the buckets up. After approach().
  void find() const;

  /// Whether all that is enforced fits; notes of each charge whether it does, or when it will.
  bool ask(Instant now) const;

  /// Whether a charge that is to be counted has no bucket. After ask().
  bool lacks_bucket() const;

  /// Adds the buckets that are missing. Needs the shards alone.
  void add_buckets(Instant now) const;

  /// Counts every charge that fits, if the request is `acquired`, and notes what is left of each
  /// limit. Precondition: no bucket is missing for what is counted.
  void settle(bool acquired, Instant now) const;

  /// Whether a shard has passed its bound on bytes.
  bool is_over() const;

  /// Drops what has to go then, but none of these buckets. Needs the shards alone.
  void make_room(Instant now) const;

 private:
  bool counts(std::size_t i) const { return decisions[i].allowed && charges[i].cost > 0; }
};

}  // namespace rl::memory
