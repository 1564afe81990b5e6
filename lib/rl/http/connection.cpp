#include "rl/http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "rl/http/refusal_reply.h"

namespace rl::http {
namespace {

constexpr std::size_t kReadAtOnce = 16384;
constexpr std::size_t kGathered = 65536;  // of responses to pipelined requests, for one send
constexpr std::size_t kMostLingered = std::size_t{64} << 20U;  // bytes
constexpr std::size_t kLingeredATurn = std::size_t{1} << 20U;  // before others have theirs
constexpr int kMostLingers = 10;               // times the patience with a peer that goes on and on
constexpr std::size_t kKeptCapacity = 2048;    // of an idle connection
constexpr std::size_t kMostDiscarded = 65536;  // bytes of a body that nobody wants
constexpr int kRequestsATurn = 64;             // before others have theirs
constexpr Instant kNever = Instant::max();

IsStreamed asks(const StreamedHandler* handler) {
  if (handler == nullptr) {
    return nullptr;
  }
  return [handler](const RequestHead& head) { return handler->takes(head); };
}

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, Ends ends,
                       const ConnectionRules& rules)
    : transport_(std::move(transport)),
      ends_(std::move(ends)),
      rules_(rules),
      framer_(rules.limits, asks(rules.streamed)),
      handshake_until_(rules.clock.now() + rules.patience.head) {
  set_deadline(transport_->is_open() ? rules.clock.now() + rules.patience.idle : handshake_until_);
}

Connection::Wait Connection::work() {
  late_ = rules_.clock.now() >= deadline();
  set_deadline(kNever);
  turn_ = 0;
  drained_ = false;
  for (;;) {
    if (admitted_) {
      return Wait::kLent;
    }
    const Sent sent = send_held();
    if (waits_for_answer_) {
      return Wait::kAnswer;  // what was not sent comes before it
    }
    if (sent == Sent::kFailed || (sent == Sent::kSome && late_)) {
      return Wait::kOver;
    }
    if (sent == Sent::kSome) {
      return wait_to_write();
    }
    if (last_) {
      return linger();
    }
    if (ahead_.empty() && drained_) {
      return wait_to_read();
    }
    if (ahead_.empty()) {
      const Wait wait = read_on();
      if (held_.empty() && !admitted_ && !waits_for_answer_) {
        return wait;
      }
    } else if (turn_ < kRequestsATurn) {
      const std::string bytes = std::exchange(ahead_, {});
      take(bytes);
    } else {
      return Wait::kTurn;
    }
  }
}

/// Reads until nothing more is there or something is to be sent.
Connection::Wait Connection::read_on() {
  std::array<char, kReadAtOnce> buffer;  // NOLINT: written before it is read
  for (;;) {
    const Moved moved = transport_->read(buffer);
    if (moved.state == Moved::State::kSome) {
      drained_ = !moved.more;
      take({buffer.data(), moved.bytes});
      if (!held_.empty() || last_ || admitted_ || waits_for_answer_) {
        return Wait::kTurn;
      }
      continue;
    }
    if (moved.state == Moved::State::kNotTls) {
      refuse({400, "this port speaks TLS: the address begins with https://"});
      return Wait::kTurn;
    }
    if (late_ && !framer_.untouched()) {
      refuse({408, "the request did not come in whole in time"});
      return Wait::kTurn;
    }
    if (moved.state == Moved::State::kFailed && !transport_->is_open() && !late_) {
      last_ = true;  // the peer gets to read why its handshake failed
      return Wait::kTurn;
    }
    const bool wants_read = moved.state == Moved::State::kWantsRead;
    if (late_ || (!wants_read && moved.state != Moved::State::kWantsWrite)) {
      return Wait::kOver;
    }
    return transport_->is_open() && wants_read
               ? wait_to_read()
               : wait_for_handshake(wants_read ? Wait::kReadable : Wait::kWritable);
  }
}

/// Answers the requests that become whole with these bytes, until there is enough to send or one is
/// to be streamed.
void Connection::take(std::string_view bytes) {
  while (!bytes.empty() && !last_ && !admitted_ && !waits_for_answer_ && held_.size() < kGathered &&
         turn_ < kRequestsATurn) {
    bytes.remove_prefix(framer_.feed(bytes));
    go_on(bytes.empty());
  }
  if (!last_) {
    ahead_.assign(bytes);
  }
}

void Connection::go_on(bool nothing_behind) {
  const Framer::State state = framer_.state();
  if (state == Framer::State::kRefused) {
    refuse(framer_.refusal());
  } else if (state == Framer::State::kHead) {
    return;
  } else if (framer_.streamed()) {
    begin_streamed(nothing_behind);
  } else if (state == Framer::State::kWhole) {
    answer(nothing_behind);
  } else if (framer_.head().expects_continue && !std::exchange(continued_, true)) {
    held_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
}

void Connection::answer(bool nothing_behind) {
  const bool last = !framer_.head().keep_alive || (stopping() && nothing_behind);
  ends_with_it_ = last;
  const Served served = rules_.serve(
      {.head = framer_.head(), .body = framer_.body(), .ends = ends_, .last = last, .sink = *this});
  if (served != Served::kCompleted) {
    last_ = last || served == Served::kFailed;
    next_request();
  } else {
    take_or_await_answer();
  }
}

/// Has the request decided, of which only the head has come, or goes on without it.
void Connection::begin_streamed(bool nothing_behind) {
  if (discarding_) {
    return drop_body();
  }
  const RequestHead& head = framer_.head();
  // A short body that nobody wants is read, a long one ends the connection. So does one that the
  // client may or may not send (RFC 9110, section 10.1.1), or of which the length is not known.
  const bool can_discard = body_is_whole() || (!head.chunked && !head.expects_continue &&
                                               head.content_length <= kMostDiscarded);
  ends_with_it_ = !head.keep_alive || !can_discard || (stopping() && nothing_behind);
  keeps_reading_.store(true);
  rules_.streamed->decide({.head = head, .ends = ends_, .last = ends_with_it_, .verdict = *this});
  take_or_await_answer();
}

/// Of a request that was answered without it.
void Connection::drop_body() {
  framer_.drop_body();
  if (body_is_whole()) {
    next_request();
  }
}

void Connection::next_request() {
  framer_.forget();
  discarding_ = false;
  ++turn_;
  late_ = false;
  continued_ = false;
  request_.reset();
  body_.reset();
}

void Connection::refuse(const Refusal& refusal) {
  if (!discarding_) {  // a request that was answered is not answered again
    held_ += refusal_reply(refusal, rules_.clock.wall_now());
  }
  last_ = true;
}

bool Connection::write(std::string_view bytes) {
  held_ += bytes;
  return held_.size() - sent_ <= kMostHeld || send_waiting();
}

/// Sends what the peer takes without waiting.
Connection::Sent Connection::send_held() {
  while (sent_ < held_.size()) {
    const Moved moved = transport_->write(std::string_view(held_).substr(sent_));
    wants_read_ = moved.state == Moved::State::kWantsRead;
    if (moved.state == Moved::State::kSome) {
      sent_ += moved.bytes;
    } else {
      return wants_read_ || moved.state == Moved::State::kWantsWrite ? Sent::kSome : Sent::kFailed;
    }
  }
  held_.clear();
  if (held_.capacity() > kKeptCapacity) {
    std::string().swap(held_);
  }
  sent_ = 0;
  sent_before_ = 0;
  response_.reset();
  return Sent::kAll;
}

/// Waits until the peer has taken all that is held: the one place where a slow reader costs a
/// thread, and for no longer than for a response that is held.
bool Connection::send_waiting() {
  const Instant begin = rules_.clock.now();
  for (;;) {
    const Sent sent = send_held();
    if (sent != Sent::kSome) {
      return sent == Sent::kAll;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        begin + time_for(rules_.patience.response, sent_) - rules_.clock.now());
    pollfd waiting{socket(), wants_read_ ? short{POLLIN} : short{POLLOUT}, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      return false;
    }
  }
}

/// Throws away what the peer still sends, because closing on it would take the last response from
/// the peer (RFC 9112, section 9.6): many read it only when they have sent their whole request.
Connection::Wait Connection::linger() {
  const Instant now = rules_.clock.now();
  if (!std::exchange(lingering_, true)) {
    transport_->end_writing();
    late_ = false;
    response_ = now;
  }
  const Instant until = *response_ + kMostLingers * rules_.patience.linger;
  std::array<char, kReadAtOnce> buffer;  // NOLINT: never read, nor decrypted
  std::size_t taken = 0;
  while (taken < kLingeredATurn) {
    const ssize_t got = ::recv(socket(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      taken += static_cast<std::size_t>(got);
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && !late_) {
      lingered_ += taken;
      set_deadline(std::min(now + rules_.patience.linger, until));
      return Wait::kReadable;
    } else if (got == 0 || errno != EINTR) {
      return Wait::kOver;
    }
  }
  lingered_ += taken;
  return lingered_ < kMostLingered && now < until ? Wait::kTurn : Wait::kOver;
}

Connection::Wait Connection::wait_to_read() {
  const Instant now = rules_.clock.now();
  const Patience& patience = rules_.patience;
  if (framer_.untouched()) {
    set_deadline(now + patience.idle);
    return Wait::kReadable;
  }
  request_ = request_.value_or(now);
  if (framer_.state() == Framer::State::kHead) {
    set_deadline(*request_ + patience.head);
  } else {
    body_ = body_.value_or(now);
    set_deadline(*body_ + time_for(patience.body, framer_.body_so_far()));
  }
  return Wait::kReadable;
}

Connection::Wait Connection::wait_to_write() {
  response_ = response_.value_or(rules_.clock.now());
  set_deadline(*response_ + time_for(rules_.patience.response, sent_), true);
  return wants_read_ ? Wait::kReadable : Wait::kWritable;
}

/// Also for keys that change later on.
Connection::Wait Connection::wait_for_handshake(Wait wait) {
  const Instant until =
      transport_->is_open() ? rules_.clock.now() + rules_.patience.response : handshake_until_;
  set_deadline(until, wait == Wait::kWritable);
  return wait;
}

std::chrono::milliseconds Connection::time_for(std::chrono::milliseconds once,
                                               std::size_t bytes) const {
  return once + std::chrono::seconds{bytes / rules_.patience.bytes_per_second};
}

void Connection::set_deadline(Instant deadline, bool writing) {
  writing_.store(writing, std::memory_order_relaxed);
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
}

Instant Connection::deadline() const {
  return Instant(Micros(deadline_.load(std::memory_order_relaxed)));
}

void Connection::expire() const {
  // Reading ends rather than all, so that the peer can still be told why.
  ::shutdown(socket(), writing_.load(std::memory_order_relaxed) ? SHUT_RDWR : SHUT_RD);
}

void Connection::stop_reading() const {
  if (!keeps_reading_.load()) {
    ::shutdown(socket(), SHUT_RD);
  }
}

void Connection::cut() const {
  ::shutdown(socket(), SHUT_RDWR);
}

}  // namespace rl::http
