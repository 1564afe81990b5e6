#include "rl/load/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rl::load {

LatencyHistogram::LatencyHistogram()
    : slots_(std::make_unique<std::array<std::uint64_t, kSlots>>()) {}

std::size_t LatencyHistogram::slot_of(std::uint64_t value_us) {
  const int bits = static_cast<int>(std::bit_width(value_us));
  if (bits <= kExactBits) {
    return value_us;
  }
  const int octave = bits - kExactBits;
  return static_cast<std::size_t>(octave) * kHalf + (value_us >> octave);
}

std::uint64_t LatencyHistogram::highest_in(std::size_t slot) {
  if (slot < 2 * kHalf) {
    return slot;
  }
  const std::size_t octave = slot / kHalf - 1;
  const std::uint64_t leading = slot - octave * kHalf;
  return ((leading + 1) << octave) - 1;
}

void LatencyHistogram::record(Micros latency) {
  constexpr Micros kLongest{(std::int64_t{1} << kValueBits) - 1};
  const Micros value = std::clamp(latency, Micros::zero(), kLongest);
  ++(*slots_)[slot_of(static_cast<std::uint64_t>(value.count()))];
  ++count_;
  max_ = std::max(max_, value);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    (*slots_)[i] += (*other.slots_)[i];
  }
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Micros LatencyHistogram::percentile(double percent) const {
  // The small subtrahend keeps 95 % of 100 at rank 95, although the product has no exact double.
  const double rank = std::ceil(percent / 100 * static_cast<double>(count_) - 1e-9);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kSlots; ++i) {
    seen += (*slots_)[i];
    if (seen > 0 && static_cast<double>(seen) >= rank) {
      return std::min(Micros{static_cast<std::int64_t>(highest_in(i))}, max_);
    }
  }
  return Micros::zero();
}

LatencySummary LatencyHistogram::summary() const {
  return {.count = count_,
          .p50 = percentile(50),
          .p95 = percentile(95),
          .p99 = percentile(99),
          .max = max_};
}

}  // namespace rl::load
