#include "rl/store/redis/ask_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rl::redis {

void AskQueue::push(Ask ask) {
  first_deadline_ = std::min(first_deadline(), ask.deadline);
  asks_.push_back(std::move(ask));
}

void AskQueue::push_before_all(Ask ask) {
  first_deadline_ = std::min(first_deadline(), ask.deadline);
  asks_.push_front(std::move(ask));
}

void AskQueue::fill(Batch& batch) {
  while (!asks_.empty() && batch.add(asks_.front())) {
    asks_.pop_front();
  }
}

std::vector<Ask> AskQueue::take_late(Instant now) {
  std::vector<Ask> late;
  if (now <= first_deadline()) {
    return late;
  }
  for (Ask& ask : std::exchange(asks_, {})) {
    if (ask.deadline < now) {
      late.push_back(std::move(ask));
    } else {
      push(std::move(ask));
    }
  }
  return late;
}

std::vector<Ask> AskQueue::take_all() {
  std::vector<Ask> all(std::move_iterator(asks_.begin()), std::move_iterator(asks_.end()));
  asks_.clear();
  return all;
}

}  // namespace rl::redis
