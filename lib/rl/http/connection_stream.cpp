// A connection while it is lent: the client's side of a request that is streamed.
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "rl/http/connection.h"

namespace rl::http {
namespace {

constexpr std::size_t kSentKept = 65536;  // bytes that were sent and are still held
constexpr Instant kNoDeadline = Instant::max();

}  // namespace

void Connection::lend() {
  std::shared_ptr<Admitted> admitted = std::exchange(admitted_, nullptr);
  set_lent_deadline();
  rules_.streamed->begin(std::move(admitted), *this);
}

ClientStream::Wants Connection::send_wants() const {
  return {.to_read = unsent() > 0 && wants_read_, .to_write = unsent() > 0 && !wants_read_};
}

bool Connection::stopping() const {
  return rules_.stopping.load();
}

ClientStream::Piece Connection::read_body(char* into, std::size_t room) {
  for (;;) {
    if (!framer_.body().empty()) {
      const std::size_t size = framer_.body().copy(into, room);  // no more than room was fed
      framer_.drop_body();
      return {Come::kSome, size};
    }
    if (framer_.state() != Framer::State::kBody) {
      return end_of_body();
    }
    if (!ahead_.empty()) {
      ahead_.erase(0, framer_.feed(std::string_view(ahead_).substr(0, room)));
      continue;
    }
    const Moved moved = transport_->read({into, room});
    if (moved.state == Moved::State::kSome) {
      note_body();
      const std::string_view bytes(into, moved.bytes);
      ahead_ = bytes.substr(framer_.feed(bytes));
    } else if (moved.state == Moved::State::kWantsRead ||
               moved.state == Moved::State::kWantsWrite) {
      return wait_for_body(moved.state);
    } else {
      return end_of_body();
    }
  }
}

ClientStream::Piece Connection::end_of_body() {
  body_wants_ = {};
  if (framer_.state() == Framer::State::kWhole) {
    return {Come::kEnd};
  }
  if (framer_.state() == Framer::State::kRefused) {
    refusal_ = framer_.refusal();
  } else if (rules_.clock.now() >= read_until_) {
    refusal_ = Refusal{408, "the request did not come in whole in time"};
  }
  return {Come::kBroken};
}

ClientStream::Piece Connection::wait_for_body(Moved::State state) {
  if (framer_.head().expects_continue && !responding_ && framer_.body_so_far() == 0 &&
      !std::exchange(continued_, true)) {
    hold("HTTP/1.1 100 Continue\r\n\r\n");
    static_cast<void>(send());
  }
  body_wants_ = {.to_read = state == Moved::State::kWantsRead,
                 .to_write = state == Moved::State::kWantsWrite};
  // Only the time in which nothing was there counts: that the body is not read in between is not
  // the client's doing.
  body_wait_ = body_wait_.value_or(rules_.clock.now());
  read_until_ = *body_wait_ + time_for(rules_.patience.body, framer_.body_so_far()) - body_waited_;
  set_lent_deadline();
  return {Come::kNothing};
}

void Connection::note_body() {
  body_wants_ = {};
  if (body_wait_) {
    body_waited_ += rules_.clock.now() - *std::exchange(body_wait_, std::nullopt);
    read_until_ = kNoDeadline;
    set_lent_deadline();
  }
}

void Connection::leave_body() {
  body_wait_.reset();
  read_until_ = kNoDeadline;
  set_lent_deadline();
}

bool Connection::begin_response() {
  responding_ = true;
  last_ = !framer_.head().keep_alive || !body_is_whole() || stopping();
  return last_;
}

void Connection::hold(std::string_view bytes) {
  if (sent_ >= kSentKept) {
    held_.erase(0, sent_);
    sent_before_ += std::exchange(sent_, 0);
  }
  held_ += bytes;
}

ClientStream::Sent Connection::send() {
  const Sent sent = send_held();
  const bool waiting = sent == Sent::kSome;
  if (waiting) {
    response_ = response_.value_or(rules_.clock.now());
    write_until_ = *response_ + time_for(rules_.patience.response, sent_before_ + sent_);
  }
  if (waiting || write_until_ != kNoDeadline) {
    write_until_ = waiting ? write_until_ : kNoDeadline;
    set_lent_deadline();
  }
  return sent;
}

void Connection::set_lent_deadline() {
  set_deadline(std::min(read_until_, write_until_), write_until_ <= read_until_);
}

void Connection::give_back(End end) {
  if (end == End::kCut && framer_.head().is_http_1_0) {
    // The end of the connection is the end of a response here, unless it is reset.
    const struct ::linger at_once { .l_onoff = 1, .l_linger = 0 };
    ::setsockopt(socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  keeps_reading_.store(false);
  if (stopping()) {
    stop_reading();  // which was left out while it was lent
  }
  last_ = last_ || end == End::kLast || !body_is_whole();
  responding_ = false;
  refusal_.reset();
  body_wants_ = {};
  body_wait_.reset();
  body_waited_ = Micros{0};
  read_until_ = kNoDeadline;
  write_until_ = kNoDeadline;
  set_deadline(kNoDeadline);
  if (!last_) {
    next_request();
  }
  if (end == End::kCut) {
    rules_.take_back(*this, Wait::kOver);
  } else if (last_ || !ahead_.empty() || !held_.empty()) {
    rules_.take_back(*this, Wait::kTurn);
  } else {
    rules_.take_back(*this, wait_to_read());
  }
}

}  // namespace rl::http
