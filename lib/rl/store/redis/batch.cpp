#include "rl/store/redis/batch.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace rl::redis {
namespace {

// Where decide.lua finds the parts of terms; all little-endian.
constexpr std::size_t kAlgorithmAt = 0;
constexpr std::size_t kEnforceAt = 1;
constexpr std::size_t kPurposeAt = 2;
constexpr std::size_t kTimesAt = 3;
constexpr std::size_t kUnitsAt = 7;
constexpr std::size_t kBaseAt = 11;
constexpr std::size_t kDegradedAt = 15;
constexpr std::size_t kCostAt = 19;
constexpr std::size_t kWindowAt = 23;
constexpr std::size_t kAgeAt = 31;

constexpr std::uint32_t kMostPacked = 128;  ///< stamps that decide.lua does not keep in a ring
constexpr std::size_t kNumbersPerBucket = 4;
constexpr std::int64_t kTooLate = -1;  ///< in place of how often it was counted

template <class Number>
void put(AskedBucket::Bytes& bytes, std::size_t at, Number number) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

template <class Number>
void append(std::string& bytes, Number number) {
  std::array<char, sizeof number> own;
  std::memcpy(own.data(), &number, sizeof number);
  bytes.append(own.data(), own.size());
}

double exact_us(Micros time) {
  return static_cast<double>(time.count());  // for 285 years
}

/// The terms of a call, each once but for those that a group has more than once: the script keeps
/// what it knows of a bucket beside its terms.
class TermsOfCall {
 public:
  /// Their number, from 1 on.
  std::uint16_t number_of(const AskedBucket::Bytes& terms, std::size_t group) {
    std::size_t i = 0;
    while (i < last_groups_.size() &&
           (last_groups_[i] == group ||
            std::memcmp(bytes_.data() + i * terms.size(), terms.data(), terms.size()) != 0)) {
      ++i;
    }
    if (i == last_groups_.size()) {
      last_groups_.push_back(group);
      bytes_.append(terms.data(), terms.size());
    }
    last_groups_[i] = group;
    return static_cast<std::uint16_t>(i + 1);
  }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::vector<std::size_t> last_groups_;  ///< who had each of them last
};

/// Whether several of these may be asked as one: what a shadow rule counts depends on each alone.
bool can_be_joined(const Ask& ask) {
  return ask.purpose == Purpose::kAcquire &&
         std::all_of(ask.buckets.begin(), ask.buckets.end(),
                     [](const AskedBucket& bucket) { return bucket.enforce && bucket.cost > 0; });
}

/// What the script's four numbers mean to the ask that was the `index`-th of its group.
Decision decision_of(std::span<const std::int64_t> numbers, const AskedBucket& bucket,
                     std::int64_t index) {
  const std::int64_t counted = numbers[0];
  Decision decision{.allowed = true,
                    .limit = bucket.units,
                    .remaining = static_cast<std::uint32_t>(numbers[1]),
                    .reset_after = Micros{numbers[3]},
                    .retry_after = Micros::zero()};
  if (index < counted) {
    // The number is what was left after the last of them.
    decision.remaining += static_cast<std::uint32_t>(counted - 1 - index) * bucket.cost;
    return decision;
  }
  decision.allowed = numbers[2] == 0;
  decision.retry_after = numbers[2] < 0 ? kNever : Micros{numbers[2]};
  return decision;
}

}  // namespace

AskedBucket::AskedBucket(std::string bucket_key, const Terms& terms)
    : key(std::move(bucket_key)),
      units(terms.limit.units),
      cost(terms.cost),
      enforce(terms.enforce),
      short_state(terms.limit.algorithm != Algorithm::kSlidingWindow ||
                  std::max({units, terms.limit.base, terms.limit.degraded}) <= kMostPacked) {
  bytes.fill(0);
  put(bytes, kAlgorithmAt, terms.limit.algorithm);
  put(bytes, kEnforceAt, enforce);
  put(bytes, kTimesAt, std::uint32_t{1});
  put(bytes, kUnitsAt, units);
  put(bytes, kBaseAt, terms.limit.base);
  put(bytes, kDegradedAt, terms.limit.degraded);
  put(bytes, kCostAt, cost);
  put(bytes, kWindowAt, exact_us(terms.limit.window));
}

bool Batch::add(Ask& ask) {
  const Instant deadline = ask.deadline;
  if (!place(ask)) {
    return false;
  }
  first_deadline_ = std::min(first_deadline_, deadline);
  last_deadline_ = std::max(last_deadline_, deadline);
  return true;
}

bool Batch::place(Ask& ask) {
  if (can_be_joined(ask)) {
    const auto same = std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) {
      const Ask& first = group.asks.front();
      return first.hash == ask.hash && first.purpose == ask.purpose && first.buckets == ask.buckets;
    });
    if (same != groups_.end()) {
      // The earliest deadline holds for all: nothing is counted that somebody no longer waits for.
      same->first_deadline = std::min(same->first_deadline, ask.deadline);
      same->asks.push_back(std::move(ask));
      return true;
    }
  }
  if (!groups_.empty() && buckets_ + ask.buckets.size() > kMostBuckets) {
    return false;
  }
  buckets_ += ask.buckets.size();
  Group& group = groups_.emplace_back();
  group.first_deadline = ask.deadline;
  group.asks.push_back(std::move(ask));
  return true;
}

std::size_t Batch::asks() const {
  std::size_t count = 0;
  for (const Group& group : groups_) {
    count += group.asks.size();
  }
  return count;
}

/// Tells the keys that have no number yet, and gives them one.
void Batch::tell_keys(std::vector<std::string_view>& words, bool short_state,
                      KeyNumbers& numbers) const {
  for (const Group& group : groups_) {
    for (const AskedBucket& bucket : group.asks.front().buckets) {
      const auto number = static_cast<std::uint16_t>(numbers.size() + 1);
      if (bucket.short_state == short_state && numbers.emplace(bucket.key, number).second) {
        words.emplace_back(bucket.key);
      }
    }
  }
}

void Batch::tell(std::vector<std::string_view>& words, std::optional<Micros> server_ahead,
                 const std::string& time) {
  told_ = {};
  words.reserve(words.size() + 5 + buckets_);
  const std::size_t count_at = words.size();
  words.emplace_back();
  KeyNumbers keys;
  tell_keys(words, true, keys);
  const std::size_t short_keys = keys.size();
  tell_keys(words, false, keys);
  told_.key_count = std::to_string(keys.size());
  words[count_at] = told_.key_count;

  TermsOfCall terms_of_call;
  Micros first_deadline = Micros::max();
  std::string deadlines;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Group& group = groups_[i];
    const Ask& ask = group.asks.front();
    for (const AskedBucket& bucket : ask.buckets) {
      AskedBucket::Bytes terms = bucket.bytes;
      put(terms, kPurposeAt, ask.purpose);
      put(terms, kTimesAt, static_cast<std::uint32_t>(group.asks.size()));
      put(terms, kAgeAt, exact_us(ask.age));
      append(told_.charges, keys.at(bucket.key));
      append(told_.charges, terms_of_call.number_of(terms, i));
      append(told_.charges, static_cast<std::uint16_t>(ask.buckets.size()));
    }
    if (server_ahead) {
      const Micros deadline = group.first_deadline.time_since_epoch() + *server_ahead;
      first_deadline = std::min(first_deadline, deadline);
      append(deadlines, exact_us(deadline));
    }
  }
  append(told_.deadlines, static_cast<std::uint16_t>(short_keys));
  append(told_.deadlines, server_ahead ? exact_us(first_deadline) : 0.0);
  told_.deadlines += deadlines;
  told_.terms = terms_of_call.take();
  words.insert(words.end(), {time, told_.deadlines, told_.terms, told_.charges});
}

bool Batch::answer(std::span<const std::int64_t> numbers, Instant now, std::vector<Ask>& again) {
  if (numbers.size() != 1 + kNumbersPerBucket * buckets_) {
    return false;
  }
  std::size_t from = 1;
  for (Group& group : groups_) {
    const std::size_t size = kNumbersPerBucket * group.asks.front().buckets.size();
    const auto own = numbers.subspan(from, size);
    from += size;
    if (own.front() != kTooLate) {
      answer_group(group, own);
      continue;
    }
    for (Ask& ask : group.asks) {
      if (!ask.done) {
        continue;
      }
      // Too late by a clock of Redis that has stepped: by ours there is time, and nothing ran.
      if (now < ask.deadline && !std::exchange(ask.sent_again, true)) {
        again.push_back(std::move(ask));
      } else {
        ask.done(fail("Redis did not answer in time"));
      }
    }
  }
  groups_.clear();
  return true;
}

void Batch::answer_group(Group& group, std::span<const std::int64_t> numbers) {
  std::vector<Decision> decisions(numbers.size() / kNumbersPerBucket);
  for (std::size_t index = 0; index < group.asks.size(); ++index) {
    const Ask& ask = group.asks[index];
    if (!ask.done) {
      continue;
    }
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      decisions[i] = decision_of(numbers.subspan(i * kNumbersPerBucket, kNumbersPerBucket),
                                 ask.buckets[i], static_cast<std::int64_t>(index));
    }
    ask.done(std::span<const Decision>(decisions));
  }
}

std::vector<Ask> Batch::take_late(Instant now) {
  std::vector<Ask> late;
  if (now <= first_deadline_) {
    return late;
  }
  first_deadline_ = Instant::max();
  for (Group& group : groups_) {
    for (Ask& ask : group.asks) {
      if (!ask.done) {
        continue;
      }
      if (ask.deadline < now) {
        Ask& taken = late.emplace_back();
        taken.deadline = ask.deadline;
        taken.done = std::exchange(ask.done, nullptr);
      } else {
        first_deadline_ = std::min(first_deadline_, ask.deadline);
      }
    }
  }
  return late;
}

std::vector<Ask> Batch::take() {
  std::vector<Ask> asks;
  for (Group& group : std::exchange(groups_, {})) {
    std::copy_if(std::move_iterator(group.asks.begin()), std::move_iterator(group.asks.end()),
                 std::back_inserter(asks), [](const Ask& ask) { return ask.done != nullptr; });
  }
  buckets_ = 0;
  return asks;
}

}  // namespace rl::redis
