#include "rl/load/quick.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/load/fake_server.h"

using namespace std::chrono_literals;
using rl::load::ExitCode;
using rl::load::QuickOptions;
using rl::load::QuickReport;
using rl::test::FakeServer;

namespace {

QuickReport run_against(const rl::Address& address, std::size_t connections = 4) {
  const rl::SystemClock clock;
  const rl::load::SleepingPacer pacer(clock);
  return rl::load::run_quick({.version = "1.2.3",
                              .url = "http://server/test",
                              .target = {.address = address, .path = "/test"},
                              .rate = {.per_second = 500},
                              .duration = 100ms,
                              .connections = connections,
                              .headers = {{"X-API-Key", "rlk_demo_free.quick"}}},
                             clock, pacer, {});
}

/// A report as it comes from a run that was on time.
QuickReport on_time() {
  QuickReport report{.version = "1.2.3", .url = "http://127.0.0.1:8080/test", .seed = 42};
  report.run = {.planned = {.per_second = 200},
                .sent = 200,
                .started = rl::Instant{1000s},
                .last_sent = rl::Instant{1000s} + 995ms,
                .last_received = rl::Instant{1001s}};
  report.statuses = {{200, 150}, {429, 48}};
  report.errors = {{"cannot connect to 127.0.0.1:8080", 2}};
  report.corrected = {.count = 198, .p50 = 310us, .p95 = 620us, .p99 = 2ms, .max = 12'345us};
  report.raw = {.count = 198, .p50 = 300us, .p95 = 600us, .p99 = 1ms, .max = 10ms};
  return report;
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("quick sends the whole plan with its headers and counts every status") {
    FakeServer server(20, 2);
    const QuickReport report = run_against(server.address());
    CHECK(report.run.sent == 50);
    CHECK(report.statuses == std::map<int, std::uint64_t>{{200, 20}, {429, 30}});
    CHECK(report.errors.empty());
    CHECK(report.raw.count == 50);
    CHECK(report.corrected.count == 50);
    CHECK(report.corrected.max >= report.raw.p50);
    CHECK(server.requests() == std::map<std::string, int>{{"rlk_demo_free.quick", 50}});
  }

  TEST_CASE("a server that is not there makes the run unreachable") {
    rl::Address gone;
    {
      const FakeServer server(20, 2);
      gone = server.address();
    }
    const QuickReport report = run_against(gone);
    CHECK(report.exit_code() == ExitCode::kUnreachable);
    CHECK(report.errors ==
          std::map<std::string, std::uint64_t>{{"cannot connect to " + gone.to_string(), 50}});
    CHECK(report.corrected.count == 0);
  }

  TEST_CASE("the exit status of quick follows from what happened") {
    CHECK(on_time().exit_code() == ExitCode::kPass);
    QuickReport late = on_time();
    late.run.last_sent += 1s;
    CHECK(late.exit_code() == ExitCode::kInconclusive);
    QuickReport unreachable = late;
    unreachable.statuses.clear();
    CHECK(unreachable.exit_code() == ExitCode::kUnreachable);
    unreachable.run.interrupted = true;
    CHECK(unreachable.exit_code() == ExitCode::kInterrupted);
  }

  TEST_CASE("the table of quick shows statuses and both latencies") {
    CHECK(rl::load::render_table(on_time(), {.terminal = true}) ==
          "rlload quick   http://127.0.0.1:8080/test, version 1.2.3, seed 42, planned 200/s, "
          "achieved 200.0/s\n"
          "\n"
          "STATUS  COUNT\n"
          "200       150\n"
          "429        48\n"
          "\n"
          "LATENCY ms   P50   P95   P99    MAX\n"
          "corrected   0.31  0.62  2.00  12.35\n"
          "raw         0.30  0.60  1.00  10.00\n"
          "\n"
          "error      2 times: cannot connect to 127.0.0.1:8080\n"
          "PASS\n");
  }

  TEST_CASE("a quick run that was too slow says INCONCLUSIVE and why") {
    QuickReport late = on_time();
    late.run.last_sent += 1s;
    const std::string text = rl::load::render_table(late, {});
    CHECK(
        text.ends_with("only 100.0/s of the planned 200/s were achieved; try a lower --rate or "
                       "more --connections\nINCONCLUSIVE\n"));
    CHECK(text.find("corrected\t0.31\t0.62\t2.00\t12.35\n") != std::string::npos);
  }

  TEST_CASE("the JSON of quick is one document with a schema version") {
    const auto document = nlohmann::json::parse(rl::load::render_json(on_time()));
    CHECK(document["schema_version"] == 1);
    CHECK(document["command"] == "quick");
    CHECK(document["version"] == "1.2.3");
    CHECK(document["seed"] == 42);
    CHECK(document["planned_per_second"] == 200);
    CHECK(document["achieved_per_second"] == doctest::Approx(200));
    CHECK(document["statuses"]["429"] == 48);
    CHECK(document["errors"]["cannot connect to 127.0.0.1:8080"] == 2);
    CHECK(document["latency_ms"]["corrected"]["p99"] == 2.0);
    CHECK(document["latency_ms"]["raw"]["max"] == 10.0);
    CHECK(document["verdict"] == "PASS");
  }
}
