#include "rl/store/memory/memory_store.h"

// The hash of a short name is less work than a call of the library.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <mutex>
#include <span>

#include "rl/metrics/stripe.h"
#include "rl/store/memory/held_locks.h"
#include "rl/store/memory/request.h"
#include "rl/store/memory/shard.h"
#include "rl/store/memory/striped_locks.h"

namespace rl {
namespace {

using memory::Request;
using memory::Seat;
using memory::Shard;

/// A shard grows while it is held alone, which takes about 0.1 ms for so many buckets.
constexpr std::size_t kBucketsPerShard = 4096;

/// Enough for some of the largest exact windows, which take up to 1 MB each.
constexpr std::size_t kLeastBytesPerShard = std::size_t{4} << 20U;

/// How many index entries are looked at under one lock: some microseconds.
constexpr std::size_t kSweepStretch = 256;

/// How long an idle bucket is kept for the case that the clock steps back.
constexpr std::chrono::seconds kClockSlack{1};

/// Alone in all shards of a request, until it is destroyed.
class HeldAlone {
 public:
  HeldAlone(memory::StripedLocks& locks, std::span<const Seat> seats) {
    for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
      for (const Seat& seat : seats) {
        held_.want(locks.at(stripe, seat.at));
      }
    }
    held_.take();
  }

 private:
  memory::HeldLocks<kMaxCharges * kStripes> held_;
};

}  // namespace

MemoryStore::MemoryStore(const Clock& clock, const Options& options)
    : clock_(clock), hash_seed_(options.hash_seed) {
  const std::size_t wanted =
      std::min(options.max_buckets / kBucketsPerShard, options.max_bytes / kLeastBytesPerShard);
  const std::size_t shards = std::bit_ceil(std::max<std::size_t>(1, wanted));
  const std::size_t bytes = options.max_bytes / shards;
  const std::size_t buckets = std::max(
      Shard::kLeastBuckets,
      std::min((options.max_buckets + shards - 1) / shards, bytes / 2 / Shard::kBytesPerBucket));
  max_buckets_ = shards * buckets;
  max_bytes_ = shards * bytes;
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(buckets, bytes));
  }
  locks_ = std::make_unique<memory::StripedLocks>(shards);
}

MemoryStore::~MemoryStore() = default;

Result<std::string_view> MemoryStore::decide(std::span<const Charge> charges, Mode mode,
                                             std::span<Decision> decisions) {
  assert(charges.size() == decisions.size() && charges.size() <= kMaxCharges);
  std::array<Seat, kMaxCharges> room;  // NOLINT: written by seat(), as many as there are charges
  const Request request{.charges = charges,
                        .mode = mode,
                        .decisions = decisions,
                        .seats = std::span(room).first(charges.size())};
  seat(request);
  Done done = decide_in_place(request);
  if (done == Done::kLacksBucket) {
    done = decide_alone(request);
  }
  if (done == Done::kOver) {
    const HeldAlone alone(*locks_, request.seats);
    request.make_room(clock_.now());
  }
  return kind();
}

void MemoryStore::seat(const Request& request) const {
  std::string_view hashed;
  XXH128_hash_t owner{};
  for (std::size_t i = 0; i < request.seats.size(); ++i) {
    const BucketId& id = request.charges[i].bucket;
    // Charges of one caller name it by the same characters.
    if (i == 0 || id.owner.data() != hashed.data() || id.owner.size() != hashed.size()) {
      hashed = id.owner;
      owner = XXH3_128bits_withSeed(hashed.data(), hashed.size(), hash_seed_);
    }
    const std::uint64_t rule = XXH3_64bits_withSeed(id.rule.data(), id.rule.size(), hash_seed_);
    const std::size_t at = owner.high64 & (shards_.size() - 1);
    request.seats[i] = {.key = {.high = owner.high64 + rule, .low = owner.low64 ^ rule},
                        .at = at,
                        .shard = shards_[at].get(),
                        .slot = 0,
                        .bucket = nullptr};
  }
}

/// Decides with the buckets as they are. kLacksBucket: some have to be added first, nothing is
/// done.
MemoryStore::Done MemoryStore::decide_in_place(const Request& request) {
  memory::HeldLocks<2 * kMaxCharges> held;
  const std::size_t stripe = thread_stripe();
  for (const Seat& seat : request.seats) {
    held.want(locks_->at(stripe, seat.at));
  }
  held.take();
  request.approach();
  const Instant now = clock_.now();  // while memory works on the buckets
  request.find();
  for (const Seat& seat : request.seats) {
    if (seat.bucket != nullptr) {
      held.want(seat.bucket->lock);
    }
  }
  held.take();
  const bool acquired = request.ask(now) && request.mode == Mode::kAcquire;
  if (acquired && request.lacks_bucket()) {
    return Done::kLacksBucket;
  }
  request.settle(acquired, now);
  return acquired && request.is_over() ? Done::kOver : Done::kYes;
}

/// Decides where buckets may have to be added.
MemoryStore::Done MemoryStore::decide_alone(const Request& request) {
  const HeldAlone alone(*locks_, request.seats);
  request.approach();
  const Instant now = clock_.now();
  request.find();
  const bool acquired = request.ask(now);
  if (acquired) {
    request.add_buckets(now);
  }
  request.settle(acquired, now);
  return acquired && request.is_over() ? Done::kOver : Done::kYes;
}

StoreStats MemoryStore::stats() const {
  StoreStats stats{.max_buckets = max_buckets_, .max_bytes = max_bytes_};
  for (std::size_t at = 0; at < shards_.size(); ++at) {
    const std::lock_guard lock(locks_->at(thread_stripe(), at));
    const Shard& shard = *shards_[at];
    stats.buckets += shard.size();
    stats.bytes += shard.bytes();
    stats.evicted_live += shard.evicted_live();
    stats.expired += shard.expired();
  }
  return stats;
}

void MemoryStore::sweep() {
  for (std::size_t at = 0; at < shards_.size(); ++at) {
    const Seat here{.key = {}, .at = at, .shard = shards_[at].get(), .slot = 0, .bucket = nullptr};
    std::size_t from = 0;
    do {
      const HeldAlone alone(*locks_, std::span(&here, 1));
      from = here.shard->sweep(from, kSweepStretch, clock_.now() - kClockSlack);
    } while (from != 0);
  }
}

}  // namespace rl
