#include "rl/http/seats.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

namespace rl::http {
namespace {

constexpr long kLookNanoseconds = 2'000'000;  // a connection waits for at most two of these

constexpr bool is_odd(std::uint64_t turn) {
  return turn % 2 == 1;
}

}  // namespace

Seats::Seats(std::size_t workers, std::size_t seats)
    : all_(seats == 0 || seats >= workers),
      timer_(all_ ? -1 : ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      workers_(workers),
      free_(all_ ? workers : seats) {}

bool Seats::sit(std::size_t worker) {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [this] { return free_ > 0 || closed_; });
  if (closed_) {
    return false;
  }
  --free_;
  workers_[worker].replaced.store(false, std::memory_order_relaxed);
  return true;
}

void Seats::begin_turn(std::size_t worker) {
  if (all_) {
    return;
  }
  std::atomic<std::uint64_t>& turn = workers_[worker].turn;
  turn.store(turn.load(std::memory_order_relaxed) + 1);
  if (!watched_.load()) {
    watch();
  }
}

bool Seats::end_turn(std::size_t worker) {
  if (all_) {
    return true;
  }
  Worker& own = workers_[worker];
  own.turn.store(own.turn.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  return !own.replaced.load(std::memory_order_relaxed);
}

void Seats::look() {
  std::uint64_t times = 0;
  static_cast<void>(!::read(timer_.number(), &times, sizeof times));
  for (Worker& worker : workers_) {
    const std::uint64_t turn = worker.turn.load();
    if (is_odd(turn) && turn == worker.seen && !worker.replaced.load(std::memory_order_relaxed)) {
      replace(worker);
    }
    worker.seen = turn;
  }
  // First nobody watches, then who is at a turn is counted: whoever begins one later starts again.
  watched_.store(false);
  if (anybody_at_a_turn()) {
    watch();
  }
}

void Seats::replace(Worker& worker) {
  const std::lock_guard lock(mutex_);
  worker.replaced.store(true, std::memory_order_relaxed);
  ++free_;
  freed_.notify_one();
}

bool Seats::anybody_at_a_turn() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& worker) {
    return is_odd(worker.turn.load()) && !worker.replaced.load(std::memory_order_relaxed);
  });
}

void Seats::watch() {
  if (!watched_.exchange(true)) {
    const itimerspec once{.it_interval = {},
                          .it_value = {.tv_sec = 0, .tv_nsec = kLookNanoseconds}};
    ::timerfd_settime(timer_.number(), 0, &once, nullptr);
  }
}

void Seats::open() {
  const std::lock_guard lock(mutex_);
  free_ += workers_.size();
  freed_.notify_all();
}

void Seats::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  freed_.notify_all();
}

}  // namespace rl::http
