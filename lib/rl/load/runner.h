#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/client/http_connection.h"
#include "rl/load/pacer.h"
#include "rl/load/schedule.h"

namespace rl::load {

/// When one request was meant to leave, left, and was answered (or given up).
struct Timing {
  Instant intended;
  Instant sent;
  Instant received;

  /// What a user of the open model waits, queueing behind slow replies included.
  Micros corrected() const { return received - intended; }

  /// What the request itself took.
  Micros raw() const { return received - sent; }
};

/// One connection's side of a run. Used by one thread at a time; what several lanes share is for
/// their maker to guard.
class Lane {
 public:
  virtual ~Lane() = default;

  /// Sends request `index` of the schedule and waits for its reply.
  virtual Result<client::HttpReply> send(std::uint64_t index) = 0;

  /// Takes note of what became of it. Its time is not part of the request's.
  virtual void record(std::uint64_t index, const Timing& timing,
                      const Result<client::HttpReply>& reply) = 0;
};

/// How a run went.
struct RunSummary {
  Rate planned{};
  std::uint64_t sent = 0;
  Instant started{};
  Instant last_sent{};      ///< the latest moment a request left; `started` when none did
  Instant last_received{};  ///< the latest moment a reply came
  bool interrupted = false;

  /// What was sent, over the time from the start to one interval after the last request left: equal
  /// to the plan when every request left on time. 0 when none left.
  Rate achieved() const;

  /// Whether at least 95 % of the planned rate was achieved.
  bool kept_schedule() const;
};

/// Runs the schedule over the lanes, one thread each. A request leaves at its intended time over
/// the next free lane, or as soon as one is free. Returns when all have been answered, or after a
/// stop, when those under way have.
RunSummary run(const Schedule& schedule, std::span<const std::unique_ptr<Lane>> lanes,
               const Clock& clock, const Pacer& pacer, const std::stop_token& stop);

}  // namespace rl::load
