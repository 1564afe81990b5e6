#include "rl/load/runner.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "tests/load/stepping_pacer.h"

using namespace std::chrono_literals;
using rl::Micros;
using rl::load::Lane;
using rl::load::Rate;
using rl::load::Schedule;
using rl::load::Timing;

namespace {

/// Answers every request after a time of its own, on a manual clock.
class ScriptedLane final : public Lane {
 public:
  ScriptedLane(rl::ManualClock& clock, std::vector<Micros> latencies)
      : clock_(clock), latencies_(std::move(latencies)) {}

  rl::Result<rl::client::HttpReply> send(std::uint64_t index) override {
    clock_.advance(latencies_[index]);
    return rl::client::HttpReply{.status = 200, .headers = {}, .body = {}};
  }

  void record(std::uint64_t /*index*/, const Timing& timing,
              const rl::Result<rl::client::HttpReply>& /*reply*/) override {
    timings.push_back(timing);
  }

  std::vector<Timing> timings;

 private:
  rl::ManualClock& clock_;
  std::vector<Micros> latencies_;
};

/// Counts how often each request was sent.
class CountingLane final : public Lane {
 public:
  CountingLane(std::vector<std::atomic<int>>& times, std::stop_source* stop_at_ten)
      : times_(times), stop_at_ten_(stop_at_ten) {}

  rl::Result<rl::client::HttpReply> send(std::uint64_t index) override {
    ++times_[index];
    if (stop_at_ten_ != nullptr && index == 10) {
      stop_at_ten_->request_stop();
    }
    return rl::fail("no server");
  }

  void record(std::uint64_t /*index*/, const Timing& /*timing*/,
              const rl::Result<rl::client::HttpReply>& /*reply*/) override {}

 private:
  std::vector<std::atomic<int>>& times_;
  std::stop_source* stop_at_ten_;
};

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("a slow reply delays what follows and the corrected latency says so") {
    rl::ManualClock clock;
    const rl::test::SteppingPacer pacer(clock);
    std::vector<std::unique_ptr<Lane>> lanes;
    lanes.push_back(
        std::make_unique<ScriptedLane>(clock, std::vector<Micros>{10ms, 250ms, 10ms, 10ms, 10ms}));
    const auto summary =
        rl::load::run(Schedule(Rate{.per_second = 10}, 5), lanes, clock, pacer, {});

    struct Row {
      Micros corrected;
      Micros raw;
    };
    const std::vector<Row> rows = {
        {10ms, 10ms}, {250ms, 250ms}, {160ms, 10ms}, {70ms, 10ms}, {10ms, 10ms}};
    const auto& timings = static_cast<ScriptedLane&>(*lanes[0]).timings;
    REQUIRE(timings.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CAPTURE(i);
      CHECK(timings[i].intended == summary.started + 100ms * static_cast<int>(i));
      CHECK(timings[i].corrected() == rows[i].corrected);
      CHECK(timings[i].raw() == rows[i].raw);
    }
    CHECK(summary.sent == 5);
    CHECK_FALSE(summary.interrupted);
    CHECK(summary.achieved().per_second == doctest::Approx(10));
    CHECK(summary.last_received == summary.started + 410ms);
  }

  TEST_CASE("a run that cannot follow its schedule says so") {
    rl::ManualClock clock;
    const rl::test::SteppingPacer pacer(clock);
    std::vector<std::unique_ptr<Lane>> lanes;
    lanes.push_back(std::make_unique<ScriptedLane>(clock, std::vector<Micros>(100, 12ms)));
    const auto summary =
        rl::load::run(Schedule(Rate{.per_second = 100}, 100), lanes, clock, pacer, {});
    // 99 times 12 ms until the last one leaves, and 10 ms for its own interval.
    CHECK(summary.achieved().per_second == doctest::Approx(100 / 1.198));
    CHECK_FALSE(summary.kept_schedule());
  }

  TEST_CASE("95 % of the planned rate is enough") {
    using rl::load::RunSummary;
    const rl::Instant start{1000s};
    const auto summary = [&](Micros last) {
      return RunSummary{.planned = {.per_second = 1},
                        .sent = 95,
                        .started = start,
                        .last_sent = start + last,
                        .last_received = start + last};
    };
    CHECK(summary(99s).kept_schedule());
    CHECK_FALSE(summary(99s + 1ms).kept_schedule());
    CHECK_FALSE(RunSummary{.planned = {.per_second = 1}}.kept_schedule());
  }

  TEST_CASE("several connections send every request once") {
    const rl::SystemClock clock;
    const rl::load::SleepingPacer pacer(clock);
    std::vector<std::atomic<int>> times(500);
    std::vector<std::unique_ptr<Lane>> lanes;
    lanes.reserve(4);
    for (int i = 0; i < 4; ++i) {
      lanes.push_back(std::make_unique<CountingLane>(times, nullptr));
    }
    const auto summary =
        rl::load::run(Schedule(Rate{.per_second = 100'000}, 500), lanes, clock, pacer, {});
    CHECK(summary.sent == 500);
    for (const auto& count : times) {
      REQUIRE(count == 1);
    }
  }

  TEST_CASE("a stop ends the run early and the summary says so") {
    rl::ManualClock clock;
    const rl::test::SteppingPacer pacer(clock);
    std::vector<std::atomic<int>> times(500);
    std::stop_source stop;
    std::vector<std::unique_ptr<Lane>> lanes;
    lanes.push_back(std::make_unique<CountingLane>(times, &stop));
    const auto summary = rl::load::run(Schedule(Rate{.per_second = 100}, 500), lanes, clock, pacer,
                                       stop.get_token());
    CHECK(summary.interrupted);
    CHECK(summary.sent == 11);
  }

  TEST_CASE("the sleeping pacer waits until the time and not after a stop") {
    const rl::SystemClock clock;
    const rl::load::SleepingPacer pacer(clock);
    const rl::Instant when = clock.now() + 25ms;
    CHECK(pacer.wait_until(when, {}));
    CHECK(clock.now() >= when);
    std::stop_source stopped;
    stopped.request_stop();
    CHECK_FALSE(pacer.wait_until(clock.now() + 1h, stopped.get_token()));
  }
}
