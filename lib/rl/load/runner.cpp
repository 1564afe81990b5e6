#include "rl/load/runner.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace rl::load {
namespace {

/// What the threads of one run have in common.
struct Run {
  const Schedule& schedule;
  const Clock& clock;
  const Pacer& pacer;
  const std::stop_token& stop;
  Instant started;
  // Relaxed: threads only draw distinct numbers from it; their results are published by join().
  std::atomic<std::uint64_t> next{0};
};

/// One thread's part of the summary.
struct LaneSummary {
  std::uint64_t sent = 0;
  Instant last_sent;
  Instant last_received;
};

void drive(Run& run, Lane& lane, LaneSummary& summary) {
  while (true) {
    const std::uint64_t index = run.next.fetch_add(1, std::memory_order_relaxed);
    if (index >= run.schedule.size()) {
      return;
    }
    const Instant intended = run.started + run.schedule.at(index);
    if (!run.pacer.wait_until(intended, run.stop)) {
      return;
    }
    const Instant sent = run.clock.now();
    const Result<client::HttpReply> reply = lane.send(index);
    const Instant received = run.clock.now();
    lane.record(index, {.intended = intended, .sent = sent, .received = received}, reply);
    ++summary.sent;
    summary.last_sent = sent;
    summary.last_received = received;
  }
}

}  // namespace

Rate RunSummary::achieved() const {
  if (sent == 0) {
    return {};
  }
  const std::chrono::duration<double> took = last_sent - started;
  return {.per_second = static_cast<double>(sent) / (took + planned.interval()).count()};
}

bool RunSummary::kept_schedule() const {
  constexpr double kEnough = 0.95;
  return achieved().per_second >= kEnough * planned.per_second;
}

RunSummary run(const Schedule& schedule, std::span<const std::unique_ptr<Lane>> lanes,
               const Clock& clock, const Pacer& pacer, const std::stop_token& stop) {
  // The threads are there when the first request is due.
  constexpr Micros kLead = std::chrono::milliseconds{10};
  Run shared{.schedule = schedule,
             .clock = clock,
             .pacer = pacer,
             .stop = stop,
             .started = clock.now() + kLead};
  std::vector<LaneSummary> parts(
      lanes.size(), {.sent = 0, .last_sent = shared.started, .last_received = shared.started});
  {
    std::vector<std::jthread> threads;
    threads.reserve(lanes.size());
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      threads.emplace_back(
          [&shared, &lane = *lanes[i], &part = parts[i]] { drive(shared, lane, part); });
    }
  }
  RunSummary summary{.planned = schedule.rate(),
                     .sent = 0,
                     .started = shared.started,
                     .last_sent = shared.started,
                     .last_received = shared.started,
                     .interrupted = false};
  for (const LaneSummary& part : parts) {
    summary.sent += part.sent;
    summary.last_sent = std::max(summary.last_sent, part.last_sent);
    summary.last_received = std::max(summary.last_received, part.last_received);
  }
  summary.interrupted = summary.sent < schedule.size();
  return summary;
}

}  // namespace rl::load
