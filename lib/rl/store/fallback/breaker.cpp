#include "rl/store/fallback/breaker.h"

#include <algorithm>

namespace rl {
namespace {

constexpr unsigned kFailuresToOpen = 5;
constexpr unsigned kCallsToJudge = 20;  // within a second
constexpr unsigned kProbesToClose = 3;
constexpr Micros kFirstPause = std::chrono::milliseconds{250};
constexpr Micros kLongestPause = std::chrono::seconds{5};
constexpr double kJitter = 0.2;  // of a pause, from a tenth less to a tenth more

}  // namespace

Breaker::State Breaker::state() const {
  if (closed()) {
    return State::kClosed;
  }
  const std::lock_guard lock(mutex_);
  return good_probes_ > 0 ? State::kHalfOpen : State::kOpen;
}

void Breaker::report(bool success) {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  if (now - second_begins_ >= std::chrono::seconds{1}) {
    second_begins_ = now;
    calls_ = 0;
    calls_failed_ = 0;
  }
  ++calls_;
  if (success) {
    failures_ = 0;
    return;
  }
  ++calls_failed_;
  if (++failures_ >= kFailuresToOpen || (calls_ >= kCallsToJudge && 2 * calls_failed_ >= calls_)) {
    open_locked();
  }
}

void Breaker::trip() {
  const std::lock_guard lock(mutex_);
  open_locked();
}

void Breaker::open_locked() {
  if (!closed_.exchange(false, std::memory_order_relaxed)) {
    return;
  }
  between_probes_ = kFirstPause;
  good_probes_ = 0;
  plan_probe_locked();
}

void Breaker::plan_probe_locked() {
  const double part = 1 + kJitter * (random_.unit() - 0.5);
  next_probe_ = clock_.now() + std::chrono::duration_cast<Micros>(between_probes_ * part);
}

bool Breaker::probe_due() const {
  if (closed()) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  return clock_.now() >= next_probe_;
}

bool Breaker::report_probe(bool success) {
  const std::lock_guard lock(mutex_);
  if (success) {
    next_probe_ = clock_.now();  // it answers: find out soon whether it goes on doing so
    return ++good_probes_ >= kProbesToClose;
  }
  good_probes_ = 0;
  between_probes_ = std::min(2 * between_probes_, kLongestPause);
  plan_probe_locked();
  return false;
}

void Breaker::close() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  calls_ = 0;
  calls_failed_ = 0;
  closed_.store(true, std::memory_order_relaxed);
}

std::string_view to_string(Breaker::State state) {
  switch (state) {
    case Breaker::State::kClosed:
      return "closed";
    case Breaker::State::kHalfOpen:
      return "half-open";
    case Breaker::State::kOpen:
      break;
  }
  return "open";
}

}  // namespace rl
