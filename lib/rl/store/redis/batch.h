#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rl/store/redis/ask.h"

namespace rl::redis {

/// The asks of one call of the script. Asks for the same are joined into one group that is asked so
/// many times; the first of them get what there is, in the order in which they came. Knows what the
/// script is told and how its reply is read, and nothing of connections.
class Batch {
 public:
  static constexpr std::size_t kMostBuckets = 64;

  /// Takes the ask; false, and nothing is taken, when its buckets have no room.
  bool add(Ask& ask);

  bool empty() const { return groups_.empty(); }
  std::size_t buckets() const { return buckets_; }
  std::size_t asks() const;

  /// The first at which one of the asks is no longer waited for; Instant::max(): none is.
  Instant first_deadline() const { return first_deadline_; }
  Instant last_deadline() const { return last_deadline_; }

  /// Puts the number of keys, the keys, `time`, deadlines, terms and charges behind the words, as
  /// decide.lua reads them. They point into the batch and are good until it is changed or
  /// destroyed. `server_ahead` is the server's time less ours, if it is known: without it the
  /// script is given no deadlines. `time` is what the script goes by.
  void tell(std::vector<std::string_view>& words, std::optional<Micros> server_ahead,
            const std::string& time);

  /// Gives each ask its part of the reply; what Redis found too late is failed or, when there is
  /// still time, put into `again`. False, and nothing is done, when it is no reply to this batch.
  bool answer(std::span<const std::int64_t> numbers, Instant now, std::vector<Ask>& again);

  /// Takes out the asks that nobody waits for any more. What Redis was told stays as it is, and so
  /// does how its reply is read.
  std::vector<Ask> take_late(Instant now);

  /// Takes out all that is left, to be asked anew.
  std::vector<Ask> take();

 private:
  using KeyNumbers = std::unordered_map<std::string_view, std::uint16_t>;

  struct Group {
    std::vector<Ask> asks;     ///< all for the same; without `done`: taken out as late
    Instant first_deadline{};  ///< of them
  };

  bool place(Ask& ask);
  void tell_keys(std::vector<std::string_view>& words, bool short_state, KeyNumbers& numbers) const;
  void answer_group(Group& group, std::span<const std::int64_t> numbers);

  std::vector<Group> groups_;
  std::size_t buckets_ = 0;
  Instant first_deadline_ = Instant::max();
  Instant last_deadline_{};

  /// The words of tell() that are not somebody else's.
  struct Told {
    std::string key_count;
    std::string deadlines;
    std::string terms;
    std::string charges;
  };
  Told told_;
};

}  // namespace rl::redis
