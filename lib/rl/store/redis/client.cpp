#include "rl/store/redis/client.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rl::redis {
namespace {

constexpr std::size_t kMostInFlight = 4;  // calls
constexpr std::size_t kMostBuckets = 64;  // of one call
constexpr std::size_t kFieldsPerBucket = 10;
constexpr std::size_t kNumbersPerBucket = 4;
constexpr Micros kBetweenAttempts = std::chrono::milliseconds{250};
constexpr Micros kLongestIdle = std::chrono::milliseconds{100};

/// A Redis that has not answered for this long after the deadline of what it was asked is gone.
constexpr Micros kPatience = std::chrono::milliseconds{500};

std::int64_t microseconds(Instant at) {
  return at.time_since_epoch().count();
}

/// The numbers of the script's reply, if it is one.
std::vector<std::int64_t> numbers_of(const Reply& reply) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(reply.elements.size());
  for (const Reply& element : reply.elements) {
    if (element.kind != Reply::Kind::kInteger) {
      return {};
    }
    numbers.push_back(element.integer);
  }
  return numbers;
}

}  // namespace

Client::Client(Options options, const Clock& clock, const Log& log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Client::~Client() {
  thread_.request_stop();
  wake();
  thread_.join();
  ::close(wake_);
}

void Client::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_, &one, sizeof one));  // full: it is awake already
}

void Client::submit(Ask ask) {
  if (!connected()) {
    return ask.done(fail("there is no connection to Redis"));
  }
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < options_.max_queued) {
      queue_.push_back(std::move(ask));
      return wake();
    }
  }
  ask.done(fail("too much waits for Redis"));
}

bool Client::wait_until_connected(Micros timeout) const {
  const Instant end = clock_.now() + timeout;
  while (!connected() && clock_.now() < end) {
    ::poll(nullptr, 0, 1);
  }
  return connected();
}

void Client::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (connect()) {
      connected_.store(true, std::memory_order_relaxed);
      serve(stop);
      connected_.store(false, std::memory_order_relaxed);
      link_.reset();
      fail_all({"the connection to Redis was lost"});
    }
    if (!stop.stop_requested()) {
      wait_for_work(kBetweenAttempts);
    }
  }
  fail_all({"the server stops"});
}

/// Opens a connection that knows the script.
bool Client::connect() {
  auto link = Link::open(options_.url, clock_, options_.connect_timeout);
  std::string why = link ? "" : link.error().message;
  if (link) {
    const std::array<std::string_view, 3> load = {"SCRIPT", "LOAD", options_.script};
    const auto hash = (*link)->call(load, clock_.now() + options_.connect_timeout);
    why = hash ? "" : hash.error().message;
    script_hash_ = hash ? hash->text : "";
  }
  if (!why.empty()) {
    if (!std::exchange(told_, true)) {
      log_.warn("no connection to Redis", {{"reason", why}});
    }
    return false;
  }
  if (std::exchange(told_, false)) {
    log_.info("connected to Redis again", {{"redis", options_.url.to_string()}});
  }
  link_ = std::move(*link);
  knows_server_time_ = false;
  return true;
}

/// Works until the connection breaks, or Redis has not answered for too long.
void Client::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    fill();
    if (!link_->write()) {
      return;
    }
    std::array<pollfd, 2> polls = {{{.fd = wake_, .events = POLLIN, .revents = 0},
                                    {.fd = link_->socket(), .events = POLLIN, .revents = 0}}};
    if (link_->has_output()) {
      polls[1].events |= POLLOUT;
    }
    ::poll(polls.data(), polls.size(), static_cast<int>(kLongestIdle.count() / 1000));
    if (polls[0].revents != 0) {
      std::uint64_t ignored = 0;
      static_cast<void>(::read(wake_, &ignored, sizeof ignored));
    }
    if (polls[1].revents != 0 && !receive()) {
      return;
    }
    if (!in_flight_.empty() && !in_flight_.front().asks.empty() &&
        clock_.now() > in_flight_.front().asks.back().deadline + kPatience) {
      log_.warn("Redis does not answer", {{"redis", options_.url.to_string()}});
      return;
    }
  }
}

/// Sends what waits, as long as there is room in flight.
void Client::fill() {
  while (in_flight_.size() < kMostInFlight) {
    Call call;
    std::vector<Ask> late;
    {
      const std::lock_guard lock(mutex_);
      std::size_t buckets = 0;
      while (!queue_.empty() &&
             (buckets == 0 || buckets + queue_.front().keys.size() <= kMostBuckets)) {
        Ask ask = std::move(queue_.front());
        queue_.pop_front();
        if (ask.deadline < clock_.now()) {
          late.push_back(std::move(ask));
        } else {
          buckets += ask.keys.size();
          call.asks.push_back(std::move(ask));
        }
      }
    }
    for (const Ask& ask : late) {
      ask.done(fail("Redis did not answer in time"));
    }
    if (call.asks.empty()) {
      return;
    }
    send(std::move(call));
  }
}

/// 0, no deadline, until a first reply has told the server's time.
std::int64_t Client::server_deadline(Instant deadline) const {
  return knows_server_time_ && !options_.script_time ? microseconds(deadline) + server_ahead_us_
                                                     : 0;
}

void Client::send(Call call) {
  std::size_t buckets = 0;
  for (const Ask& ask : call.asks) {
    buckets += ask.keys.size();
  }
  const std::string count = std::to_string(buckets);
  const std::string time = options_.script_time ? std::to_string(options_.script_time()) : "0";
  std::vector<std::string> numbers;  // what the words below point into
  numbers.reserve(2 * call.asks.size());
  std::vector<std::string_view> words = {"EVALSHA", script_hash_, count};
  words.reserve(words.size() + 1 + buckets * (1 + kFieldsPerBucket));
  for (const Ask& ask : call.asks) {
    words.insert(words.end(), ask.keys.begin(), ask.keys.end());
  }
  words.emplace_back(time);
  for (const Ask& ask : call.asks) {
    const std::string& group = numbers.emplace_back(std::to_string(numbers.size()));
    const std::string& deadline =
        numbers.emplace_back(std::to_string(server_deadline(ask.deadline)));
    const std::size_t fields = ask.fields.size() / ask.keys.size();
    for (std::size_t i = 0; i < ask.keys.size(); ++i) {
      const auto own = std::span(ask.fields).subspan(i * fields, fields);
      words.emplace_back(group);
      words.emplace_back(own.front());  // the mode
      words.emplace_back(deadline);
      words.insert(words.end(), own.begin() + 1, own.end());
    }
  }
  link_->queue(words);
  in_flight_.push_back(std::move(call));
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
  if (call.asks.empty()) {
    return true;
  }
  const std::vector<std::int64_t> numbers = numbers_of(reply);
  std::size_t wanted = 1;
  for (const Ask& ask : call.asks) {
    wanted += kNumbersPerBucket * ask.keys.size();
  }
  if (numbers.size() != wanted) {
    for (const Ask& ask : call.asks) {
      ask.done(fail("Redis answered something else than the script"));
    }
    return false;
  }
  // The reply was under way for a while: the server's time is this much ahead or more, so that a
  // deadline is never too late by more than that way.
  server_ahead_us_ = numbers.front() - microseconds(clock_.now());
  knows_server_time_ = true;
  auto from = numbers.begin() + 1;
  for (const Ask& ask : call.asks) {
    const auto size = static_cast<std::ptrdiff_t>(kNumbersPerBucket * ask.keys.size());
    const std::vector<std::int64_t> own(from, from + size);
    from += size;
    const bool late = own.front() < 0;
    ask.done(late ? Result<std::vector<std::int64_t>>(fail("Redis did not answer in time")) : own);
  }
  return true;
}

/// A script that was flushed away is loaded again and asked once more: it surely did not run. False
/// when this Redis is of no use: it is no primary any more.
bool Client::refused(Call call, const std::string& why) {
  if (why.starts_with("NOSCRIPT")) {
    const std::array<std::string_view, 3> load = {"SCRIPT", "LOAD", options_.script};
    link_->queue(load);
    in_flight_.emplace_back();
    send(std::move(call));
    return true;
  }
  for (const Ask& ask : call.asks) {
    ask.done(fail("Redis: " + why));
  }
  return !why.starts_with("READONLY");
}

void Client::fail_all(const Error& why) {
  std::deque<Ask> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(queue_);
  }
  for (const Call& call : std::exchange(in_flight_, {})) {
    for (const Ask& ask : call.asks) {
      ask.done(fail_with(why));
    }
  }
  for (const Ask& ask : waiting) {
    ask.done(fail_with(why));
  }
}

void Client::wait_for_work(Micros longest) {
  pollfd poll{.fd = wake_, .events = POLLIN, .revents = 0};
  if (::poll(&poll, 1, static_cast<int>(longest.count() / 1000)) > 0) {
    std::uint64_t ignored = 0;
    static_cast<void>(::read(wake_, &ignored, sizeof ignored));
  }
}

}  // namespace rl::redis
