#include "rl/store/redis/client.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rl/store/redis/refusal.h"

namespace rl::redis {
namespace {

constexpr std::size_t kMostInFlight = 4;  // calls
constexpr Micros kBetweenAttempts = std::chrono::milliseconds{250};
constexpr Micros kLongestIdle = std::chrono::milliseconds{100};
/// While something is under way: how late it may be noticed that a deadline in the queue has
/// passed.
constexpr Micros kLongestBusy = std::chrono::milliseconds{1};

/// A Redis that has not answered for this long after the deadline of what it was asked is gone.
constexpr Micros kPatience = std::chrono::milliseconds{500};

Error late_error() {
  return {"Redis did not answer in time"};
}

Error lost_error() {
  return {"the connection to Redis was lost"};
}

}  // namespace

Client::Client(Options options, const Clock& clock, const Log& log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Client::~Client() {
  thread_.request_stop();
  wake_.wake();
  thread_.join();
}

void Client::submit(Ask ask) {
  bool wanted = false;  // the thread
  {
    std::unique_lock lock(mutex_);
    const bool is_connected = connected();
    if (!is_connected || queue_.size() >= options_.max_queued) {
      lock.unlock();
      return is_connected ? miss_one(Miss::kOverflow, ask, {"too much waits for Redis"})
                          : miss_one(Miss::kUnreachable, ask, {"there is no connection to Redis"});
    }
    queue_.push(std::move(ask));
    wanted = std::exchange(asleep_, false) || queue_.size() == Batch::kMostBuckets;
  }
  if (wanted) {
    wake_.wake();
  }
}

bool Client::wait_until_connected(Micros timeout) const {
  const Instant end = clock_.now() + timeout;
  while (!connected() && !refusal() && clock_.now() < end) {
    ::poll(nullptr, 0, 1);
  }
  return connected();
}

std::optional<Error> Client::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

Client::Stats Client::stats() const {
  Stats stats{.calls = calls_.load(std::memory_order_relaxed),
              .asks = asks_.load(std::memory_order_relaxed),
              .call_times = call_times_.quantiles(),
              .server_ahead = Micros{server_ahead_us_.load(std::memory_order_relaxed)}};
  for (std::size_t i = 0; i < kMisses; ++i) {
    stats.missed[i] = missed_[i].load(std::memory_order_relaxed);
  }
  const std::lock_guard lock(mutex_);
  stats.queued = queue_.size();
  return stats;
}

void Client::fail_late() {
  std::vector<Ask> late;
  {
    const std::lock_guard lock(mutex_);
    late = queue_.take_late(clock_.now());
  }
  miss(Miss::kLate, late, late_error());
}

void Client::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Instant begun = clock_.now();
    const Micros timeout = time_to_connect();
    const bool in_a_hurry = timeout < options_.connect_timeout;
    bool again = in_a_hurry;
    if (connect(timeout)) {
      options_.on_connect();
      connected_.store(true, std::memory_order_relaxed);
      serve(stop);
      {
        const std::lock_guard lock(mutex_);
        connected_.store(false, std::memory_order_relaxed);
      }
      drop_connection();
      options_.on_lost();
      if (clock_.now() - begun > kBetweenAttempts) {
        continue;  // it held for a while: at once again, what was not sent yet may be in time
      }
      again = false;
    }
    fail_queue(lost_error());
    if (!again && !stop.stop_requested()) {
      wait(kBetweenAttempts);
    }
  }
  fail_queue({"the server stops"});
}

/// No longer than what waits in the queue has; without that, as long as it takes.
Micros Client::time_to_connect() {
  const std::lock_guard lock(mutex_);
  return queue_.empty() ? options_.connect_timeout
                        : std::clamp(queue_.first_deadline() - clock_.now(), Micros::zero(),
                                     options_.connect_timeout);
}

/// Works until the connection breaks, or Redis has not answered for too long.
void Client::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    fill();
    if (!link_->write()) {
      return;
    }
    wait(in_flight_.empty() ? kLongestIdle : kLongestBusy);
    if (!receive() || !give_up_late()) {
      return;
    }
  }
}

/// Until there is something to send or to read, or a deadline passes; at most that long.
void Client::wait(Micros longest) {
  for (const Call& call : in_flight_) {
    if (call.batch.first_deadline() != Instant::max()) {
      longest =
          std::min(longest, std::max(call.batch.first_deadline() - clock_.now(), Micros::zero()));
    }
  }
  std::array<pollfd, 2> polls = {{{.fd = wake_.descriptor(), .events = POLLIN, .revents = 0},
                                  {.fd = -1, .events = POLLIN, .revents = 0}}};
  if (link_) {
    polls[1].fd = link_->socket();
    if (link_->has_output()) {
      polls[1].events |= POLLOUT;
    }
  }
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(longest);
  ::poll(polls.data(), polls.size(), static_cast<int>(whole.count()));
  if (polls[0].revents != 0) {
    wake_.rest();
  }
}

/// Sends what waits: when nothing is under way, or as much as fills a call.
void Client::fill() {
  for (;;) {
    Batch batch;
    const std::vector<Ask> late = collect(batch);
    if (!late.empty()) {
      options_.on_batch(false);
      miss(Miss::kLate, late, late_error());
    }
    if (batch.empty()) {
      return;
    }
    send(std::move(batch));
  }
}

/// Takes from the queue what can go out now. What nobody waits for any more comes back.
std::vector<Ask> Client::collect(Batch& batch) {
  const Instant now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::vector<Ask> late = queue_.take_late(now);
  const bool may_send = in_flight_.empty() ||
                        (in_flight_.size() < kMostInFlight && queue_.size() >= Batch::kMostBuckets);
  if (may_send) {
    queue_.fill(batch);
  }
  asleep_ = batch.empty() && in_flight_.empty();
  return late;
}

std::optional<Micros> Client::server_ahead() const {
  return options_.script_time ? std::nullopt : server_time_.ahead();
}

void Client::send(Batch batch) {
  calls_.fetch_add(1, std::memory_order_relaxed);
  asks_.fetch_add(batch.asks(), std::memory_order_relaxed);
  Call& call = in_flight_.emplace_back();
  call.batch = std::move(batch);
  call.sent = clock_.now();
  const std::string time = options_.script_time ? std::to_string(options_.script_time()) : "0";
  std::vector<std::string_view> words = {"EVALSHA", script_hash_};
  call.batch.tell(words, server_ahead(), time);
  link_->queue(words);
}

/// Reads the replies that have come. False when the connection is of no more use.
bool Client::receive() {
  if (!link_->read()) {
    return false;
  }
  for (;;) {
    const auto reply = link_->next();
    if (!reply) {
      return false;
    }
    if (!*reply) {
      return true;
    }
    if (in_flight_.empty() || !finish(**reply)) {
      return false;
    }
  }
}

/// Gives each ask of the oldest call its part of the reply.
bool Client::finish(const Reply& reply) {
  Call call = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (reply.kind == Reply::Kind::kError) {
    return refused(std::move(call), reply.text);
  }
  if (call.sent == Instant{}) {
    return true;  // the script is loaded
  }
  const Instant now = clock_.now();
  if (!reply.integers.empty()) {
    server_time_.heard(reply.integers.front(), now);
    server_ahead_us_.store(server_time_.ahead()->count(), std::memory_order_relaxed);
  }
  if (!call.late) {
    call_times_.add(now - call.sent);
    options_.on_batch(now <= call.batch.last_deadline());
  }
  std::vector<Ask> again;
  if (!call.batch.answer(reply.integers, now, again)) {
    miss(Miss::kRefused, call.batch.take(), {"Redis answered something else than the script"});
    return false;
  }
  ask_again(std::move(again));
  return true;
}

/// What surely did not run is asked once more: at once when only the script was flushed away or
/// Redis was not ready for it, over a new connection when this Redis is not the one that counts.
/// False when this connection is of no use.
bool Client::refused(Call call, const std::string& why) {
  const Refusal refusal = refusal_of(why);
  if (refusal == Refusal::kNoScript) {
    const std::array<std::string_view, 3> load = {"SCRIPT", "LOAD", options_.script};
    link_->queue(load);
    in_flight_.emplace_back();
    if (call.late) {  // it would be counted for those who have gone, too
      ask_again(call.batch.take());
    } else {
      send(std::move(call.batch));
    }
    return true;
  }
  if (!call.late) {
    options_.on_batch(false);
  }
  std::vector<Ask> again;
  std::vector<Ask> failed;
  std::vector<Ask> asks = call.batch.take();
  for (Ask& ask : asks) {
    const bool repeat = refusal != Refusal::kFailed && !std::exchange(ask.sent_again, true);
    (repeat ? again : failed).push_back(std::move(ask));
  }
  miss(Miss::kRefused, failed, {"Redis: " + why});
  ask_again(std::move(again));
  return refusal != Refusal::kNotHere;
}

/// Fails what nobody waits for any more. False when the server has been silent for too long.
bool Client::give_up_late() {
  const Instant now = clock_.now();
  for (Call& call : in_flight_) {
    if (call.sent == Instant{}) {
      continue;
    }
    if (const std::vector<Ask> late = call.batch.take_late(now); !late.empty()) {
      if (!std::exchange(call.late, true)) {
        call_times_.add(now - call.sent);  // at least
        options_.on_batch(false);
      }
      miss(Miss::kLate, late, late_error());
    }
    if (now > call.batch.last_deadline() + kPatience) {
      log_.warn("Redis does not answer", {{"redis", options_.url.to_string()}});
      return false;
    }
  }
  return true;
}

void Client::miss_one(Miss kind, const Ask& ask, const Error& why) {
  missed_[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  ask.done(fail_with(why));
}

void Client::miss(Miss kind, const std::vector<Ask>& asks, const Error& why) {
  for (const Ask& ask : asks) {
    miss_one(kind, ask, why);
  }
}

/// Puts asks before all that wait, while there is time for them.
void Client::ask_again(std::vector<Ask> asks) {
  std::vector<Ask> failed;
  {
    const std::lock_guard lock(mutex_);
    for (auto ask = asks.rbegin(); ask != asks.rend(); ++ask) {
      if (ask->deadline > clock_.now()) {
        queue_.push_before_all(std::move(*ask));
      } else {
        failed.push_back(std::move(*ask));
      }
    }
  }
  miss(Miss::kLate, failed, late_error());
}

/// What was sent may have run and is never sent again.
void Client::drop_connection() {
  link_.reset();
  for (Call& call : std::exchange(in_flight_, {})) {
    if (call.sent != Instant{}) {
      if (!call.late) {
        options_.on_batch(false);
      }
      miss(Miss::kUnreachable, call.batch.take(), lost_error());
    }
  }
}

void Client::fail_queue(const Error& why) {
  std::vector<Ask> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = queue_.take_all();
  }
  miss(Miss::kUnreachable, waiting, why);
}

}  // namespace rl::redis
