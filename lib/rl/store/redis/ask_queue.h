#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "rl/base/clock.h"
#include "rl/store/redis/ask.h"
#include "rl/store/redis/batch.h"

namespace rl::redis {

/// Asks that wait to be sent, in their order. One thread at a time.
class AskQueue {
 public:
  std::size_t size() const { return asks_.size(); }
  bool empty() const { return asks_.empty(); }

  void push(Ask ask);
  void push_before_all(Ask ask);

  /// Moves asks from the front into the batch until it has no more room.
  void fill(Batch& batch);

  /// Takes out what nobody waits for any more. Costs nothing before first_deadline().
  std::vector<Ask> take_late(Instant now);

  std::vector<Ask> take_all();

  /// None of the asks has an earlier deadline; Instant::max() when there are none.
  Instant first_deadline() const { return asks_.empty() ? Instant::max() : first_deadline_; }

 private:
  std::deque<Ask> asks_;
  Instant first_deadline_ = Instant::max();  ///< or earlier, of one that was sent
};

}  // namespace rl::redis
