#include "rl/store/fallback/breaker.h"

#include <algorithm>

namespace rl {
namespace {

constexpr unsigned kFailuresToOpen = 5;
constexpr unsigned kProbesToClose = 3;
constexpr Micros kFirstPause = std::chrono::milliseconds{250};
constexpr Micros kLongestPause = std::chrono::seconds{5};

}  // namespace

bool Breaker::report(bool success) {
  if (success) {
    if (failures_.load(std::memory_order_relaxed) != 0) {
      failures_.store(0, std::memory_order_relaxed);
    }
    return false;
  }
  if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 < kFailuresToOpen) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  if (!closed_.exchange(false, std::memory_order_relaxed)) {
    return false;
  }
  between_probes_ = kFirstPause;
  next_probe_ = clock_.now() + between_probes_;
  good_probes_ = 0;
  return true;
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
  next_probe_ = clock_.now() + between_probes_;
  return false;
}

void Breaker::close() {
  failures_.store(0, std::memory_order_relaxed);
  closed_.store(true, std::memory_order_relaxed);
}

}  // namespace rl
