#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "rl/base/clock.h"

namespace rl::load {

/// The figures of a latency distribution that a report shows.
struct LatencySummary {
  std::uint64_t count = 0;
  Micros p50{};
  Micros p95{};
  Micros p99{};
  Micros max{};
};

/// Counts latencies in bounded memory (190 KB), whatever their number. Exact below 2 ms; above, a
/// percentile is at most 0.1 % too high. Not safe from several threads: one per thread, then merge.
class LatencyHistogram {
 public:
  LatencyHistogram();

  /// A negative latency counts as 0, one of more than 71 minutes as that.
  void record(Micros latency);

  void merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }

  /// The smallest value that at least `percent` of all latencies do not exceed (nearest rank);
  /// 0 when there are none. Precondition: 0 < percent <= 100.
  Micros percentile(double percent) const;

  LatencySummary summary() const;

 private:
  // Values of up to kExactBits bits have a slot each; each further octave has half as many slots.
  static constexpr int kExactBits = 11;
  static constexpr int kValueBits = 32;
  static constexpr std::size_t kHalf = std::size_t{1} << (kExactBits - 1);
  static constexpr std::size_t kSlots = (kValueBits - kExactBits + 2) * kHalf;

  static std::size_t slot_of(std::uint64_t value_us);
  static std::uint64_t highest_in(std::size_t slot);

  std::unique_ptr<std::array<std::uint64_t, kSlots>> slots_;
  std::uint64_t count_ = 0;
  Micros max_{};
};

}  // namespace rl::load
