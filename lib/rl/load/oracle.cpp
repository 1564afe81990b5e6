#include "rl/load/oracle.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>

namespace rl::load {
namespace {

std::uint64_t largest_between(const ObservedLimit& limit, Instant begin, Instant end) {
  std::uint64_t largest = 0;
  for (const LimitSpan& span : limit.spans) {
    if (span.begin <= end && span.end >= begin) {
      largest = std::max<std::uint64_t>(largest, span.units);
    }
  }
  return largest;
}

std::uint64_t smallest_between(const ObservedLimit& limit, Instant begin, Instant end) {
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (const LimitSpan& span : limit.spans) {
    if (span.begin <= end && span.end >= begin) {
      smallest = std::min<std::uint64_t>(smallest, span.units);
    }
  }
  return smallest;
}

/// The units above the limit in the worst window. `admitted` ascends by `sent`.
std::uint64_t worst_excess(const ObservedLimit& limit, std::span<const Observation> admitted) {
  std::uint64_t worst = 0;
  // The window [begin, begin + W) moves from the last request back to the first: those that leave
  // it are the ones received last.
  std::priority_queue<Instant> received_inside;
  for (auto first = admitted.rbegin(); first != admitted.rend(); ++first) {
    const Instant begin = first->sent;
    received_inside.push(first->received);
    while (!received_inside.empty() && received_inside.top() >= begin + limit.window) {
      received_inside.pop();
    }
    const std::uint64_t units = received_inside.size();
    const std::uint64_t allowed = largest_between(limit, begin, begin + limit.window);
    worst = std::max(worst, units > allowed ? units - allowed : 0);
  }
  return worst;
}

/// The moments at which requests that were, or may have been, admitted left and were answered.
struct PossibleAdmissions {
  std::vector<Instant> sent;      ///< ascends
  std::vector<Instant> received;  ///< ascends

  explicit PossibleAdmissions(std::span<const Observation> observations) {
    for (const Observation& seen : observations) {
      if (seen.answer != Answer::kDenied) {
        sent.push_back(seen.sent);
        received.push_back(seen.answer == Answer::kUnknown ? Instant::max() : seen.received);
      }
    }
    std::sort(sent.begin(), sent.end());
    std::sort(received.begin(), received.end());
  }

  /// How many of them could have been live at some moment of the denied request's interval.
  std::uint64_t live_during(const Observation& denied, Micros window) const {
    const auto begun = std::upper_bound(sent.begin(), sent.end(), denied.received) - sent.begin();
    const auto expired =
        std::upper_bound(received.begin(), received.end(), denied.sent - window) - received.begin();
    return static_cast<std::uint64_t>(begun - expired);
  }
};

bool fits_for_certain(std::span<const ObservedLimit> limits, const PossibleAdmissions& admissions,
                      const Observation& denied) {
  return std::all_of(limits.begin(), limits.end(), [&](const ObservedLimit& limit) {
    return admissions.live_during(denied, limit.window) + 1 <=
           smallest_between(limit, denied.sent, denied.received);
  });
}

}  // namespace

Findings& Findings::operator+=(const Findings& other) {
  over_admitted += other.over_admitted;
  wrongly_denied += other.wrongly_denied;
  decisions += other.decisions;
  return *this;
}

Findings judge(std::span<const ObservedLimit> limits, std::span<const Observation> observations) {
  Findings findings;
  std::vector<Observation> admitted;
  const PossibleAdmissions possible(observations);
  for (const Observation& seen : observations) {
    findings.decisions += seen.answer == Answer::kUnknown ? 0 : 1;
    if (seen.answer == Answer::kAdmitted) {
      admitted.push_back(seen);
    } else if (seen.answer == Answer::kDenied && fits_for_certain(limits, possible, seen)) {
      ++findings.wrongly_denied;
    }
  }
  std::sort(admitted.begin(), admitted.end(),
            [](const Observation& a, const Observation& b) { return a.sent < b.sent; });
  for (const ObservedLimit& limit : limits) {
    findings.over_admitted += worst_excess(limit, admitted);
  }
  return findings;
}

}  // namespace rl::load
