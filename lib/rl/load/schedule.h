#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rl/base/clock.h"
#include "rl/load/rate.h"

namespace rl::load {

/// When the requests of an open model are meant to leave: constant arrivals, each at its own time
/// after the start, whatever became of those before it. Immutable; costs no memory per request.
class Schedule {
 public:
  Schedule(Rate rate, std::uint64_t size) : rate_(rate), size_(size) {}

  /// As many requests as fit into `duration`, at least one.
  static Schedule for_duration(Rate rate, Micros duration);

  Rate rate() const { return rate_; }
  std::uint64_t size() const { return size_; }

  /// After the start, the time of request `index`. Each is computed on its own: no drift.
  Micros at(std::uint64_t index) const;

  /// From the start until the request after the last one would leave.
  Micros length() const { return at(size_); }

 private:
  Rate rate_;
  std::uint64_t size_;
};

/// The order in which the requests of several classes leave: result[k] is the class of request k,
/// counts[c] requests are of class c, and each class is spread evenly over the whole.
std::vector<std::size_t> interleave(std::span<const std::uint64_t> counts);

}  // namespace rl::load
