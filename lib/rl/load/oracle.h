#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rl/base/clock.h"

namespace rl::load {

/// What the outside knows of one request's decision.
enum class Answer : std::uint8_t {
  kAdmitted,
  kDenied,
  kUnknown,  ///< no reply: it may have been admitted, even after we gave up
};

/// One request of a key, for one unit: decided at some moment of [sent, received].
struct Observation {
  Instant sent;
  Instant received;
  Answer answer = Answer::kUnknown;
};

/// A number that may have been in force from `begin` to `end`, both included. Spans overlap while a
/// change is spreading.
struct LimitSpan {
  Instant begin = Instant::min();
  Instant end = Instant::max();
  std::uint32_t units = 0;
};

/// One exact limit of the key, with its history.
struct ObservedLimit {
  Micros window{};
  std::vector<LimitSpan> spans;  ///< together they cover every observation
};

/// What is proven against the limiter.
struct Findings {
  std::uint64_t over_admitted = 0;   ///< units above the limit, in the worst window of each limit
  std::uint64_t wrongly_denied = 0;  ///< requests
  std::uint64_t decisions = 0;       ///< observations with an answer

  Findings& operator+=(const Findings& other);
  friend bool operator==(const Findings&, const Findings&) = default;
};

/// Judges all requests of one key, whose admission needs every limit to admit. Only what holds for
/// every possible moment of decision counts, so there are no false alarms:
/// - over-admitted: in some window, more admitted requests whose whole interval lies inside it than
///   the largest number that may have been in force there;
/// - wrongly denied: room under every limit, at the smallest number that may have been in force,
/// even
///   when every admission that could have been live then is counted.
/// The limiter's clock and ours must run at the same speed. O(n log n).
Findings judge(std::span<const ObservedLimit> limits, std::span<const Observation> observations);

}  // namespace rl::load
