// A connection while one of its requests is answered, or decided about, later.
#include <utility>

#include "rl/http/connection.h"

namespace rl::http {

void Connection::take_or_await_answer() {
  if (answered_.load(std::memory_order_acquire) == Answered::kYes) {
    take_answer();
  } else {
    waits_for_answer_ = true;
  }
}

void Connection::complete(std::string response) {
  completed_ = std::move(response);
  end_wait();
}

void Connection::admit(std::shared_ptr<Admitted> admitted) {
  decided_ = std::move(admitted);
  end_wait();
}

void Connection::end_wait() {
  if (answered_.exchange(Answered::kYes, std::memory_order_acq_rel) == Answered::kAwaited) {
    rules_.take_answered(*this, go_on_after_answer());
  }
}

void Connection::wait_for_answer() {
  if (answered_.exchange(Answered::kAwaited, std::memory_order_acq_rel) == Answered::kYes) {
    rules_.take_answered(*this, go_on_after_answer());
  }
}

/// Sends the answer, and leaves all else to the threads of the engine: this one may be somebody
/// else's, who cannot wait.
Connection::Wait Connection::go_on_after_answer() {
  take_answer();
  if (admitted_) {
    return Wait::kLent;
  }
  const Sent sent = send_held();
  if (sent == Sent::kFailed) {
    return Wait::kOver;
  }
  if (sent == Sent::kSome) {
    return wait_to_write();
  }
  return last_ || !ahead_.empty() || !drained_ ? Wait::kTurn : wait_to_read();
}

/// The response, or the verdict, that was asked for.
void Connection::take_answer() {
  answered_.store(Answered::kNo, std::memory_order_relaxed);
  waits_for_answer_ = false;
  if (framer_.streamed()) {
    return take_verdict();
  }
  hold_completed();
  next_request();
}

void Connection::hold_completed() {
  if (held_.empty()) {
    held_.swap(completed_);
  } else {
    held_ += completed_;
  }
  completed_.clear();
  last_ = ends_with_it_;
}

void Connection::take_verdict() {
  admitted_ = std::exchange(decided_, nullptr);
  if (admitted_) {
    return;
  }
  keeps_reading_.store(false);
  if (stopping()) {
    stop_reading();  // which was left out while it was lent
  }
  hold_completed();
  discarding_ = true;
  drop_body();
}

}  // namespace rl::http
