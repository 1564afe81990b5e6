#include "rl/store/memory/request.h"

#include <algorithm>
#include <array>

namespace rl::memory {
namespace {

/// How long a charge has to wait. `bucket` may be nullptr: nothing is counted.
Micros wait_for(const Bucket* bucket, const Charge& charge, Instant now) {
  if (bucket == nullptr) {
    const bool fits = charge.cost <= charge.limit.units && charge.limit.units > 0;
    return fits ? Micros::zero() : kNever;
  }
  return bucket->state.wait(charge.limit, charge.cost, now);
}

Usage usage_of(const Bucket* bucket, const Charge& charge, Instant now) {
  if (bucket == nullptr) {
    return {.remaining = charge.limit.units, .reset_after = Micros::zero()};
  }
  return bucket->state.usage(charge.limit, now);
}

/// The keys of a request, whose buckets stay when others have to go.
class Pinned {
 public:
  explicit Pinned(std::span<const Seat> seats) : count_(seats.size()) {
    std::transform(seats.begin(), seats.end(), keys_.begin(),
                   [](const Seat& seat) { return seat.key; });
  }
  std::span<const Key> keys() const { return std::span(keys_).first(count_); }

 private:
  std::array<Key, kMaxCharges> keys_;
  std::size_t count_;
};

}  // namespace

void Request::approach() const {
  for (const Seat& seat : seats) {
    seat.shard->expect(seat.key);
  }
  for (Seat& seat : seats) {
    seat.slot = seat.shard->approach(seat.key);
  }
}

void Request::find() const {
  for (Seat& seat : seats) {
    seat.bucket = seat.shard->find(seat.key, seat.slot);
  }
}

bool Request::ask(Instant now) const {
  bool all_fit = true;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    decisions[i].retry_after = wait_for(seats[i].bucket, charges[i], now);
    decisions[i].allowed = decisions[i].retry_after == Micros::zero();
    all_fit = all_fit && (decisions[i].allowed || !charges[i].enforce);
  }
  return all_fit;
}

bool Request::lacks_bucket() const {
  for (std::size_t i = 0; i < seats.size(); ++i) {
    if (seats[i].bucket == nullptr && counts(i)) {
      return true;
    }
  }
  return false;
}

void Request::add_buckets(Instant now) const {
  const Pinned pinned(seats);
  for (std::size_t i = 0; i < seats.size(); ++i) {
    if (seats[i].bucket == nullptr && counts(i)) {
      seats[i].shard->insert(seats[i].key, charges[i].limit.algorithm, now, pinned.keys());
    }
  }
  approach();  // an insert may have moved the others
  find();
}

void Request::settle(bool acquired, Instant now) const {
  for (std::size_t i = 0; i < seats.size(); ++i) {
    const Seat& seat = seats[i];
    const Charge& charge = charges[i];
    const Usage usage = acquired && counts(i)
                            ? seat.shard->record(*seat.bucket, charge.limit, charge.cost, now)
                            : usage_of(seat.bucket, charge, now);
    decisions[i].limit = charge.limit.units;
    decisions[i].remaining = usage.remaining;
    decisions[i].reset_after = usage.reset_after;
  }
}

bool Request::is_over() const {
  return std::any_of(seats.begin(), seats.end(),
                     [](const Seat& seat) { return seat.shard->is_over(); });
}

void Request::make_room(Instant now) const {
  const Pinned pinned(seats);
  for (const Seat& seat : seats) {
    seat.shard->make_room(now, pinned.keys());
  }
}

}  // namespace rl::memory
