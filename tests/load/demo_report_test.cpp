#include "rl/load/demo_report.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

using namespace std::chrono_literals;
using rl::HealthState;
using rl::load::DemoCell;
using rl::load::DemoReport;
using rl::load::Verdict;

namespace {

DemoCell cell(HealthState phase, const char* tier, std::uint64_t sent, std::uint64_t allowed) {
  return {.phase = phase,
          .tier = tier,
          .sent = sent,
          .allowed = allowed,
          .limited = sent - allowed,
          .expected = allowed,
          .findings = {.decisions = sent}};
}

DemoReport passing() {
  return {.version = "1.2.3",
          .seed = 42,
          .planned = {.per_second = 250},
          .achieved = {.per_second = 249.96},
          .store = "memory",
          .cells = {cell(HealthState::kNormal, "free", 40, 20),
                    cell(HealthState::kNormal, "enterprise", 1600, 1500),
                    cell(HealthState::kDegraded, "free", 40, 2),
                    cell(HealthState::kDegraded, "enterprise", 1600, 1000)},
          .switched_after = 2'300us,
          .corrected = {.count = 3280, .p50 = 310us, .p95 = 620us, .p99 = 880us, .max = 2ms}};
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("the demo's table on a terminal") {
    CHECK(rl::load::render_table(passing(), {.terminal = true}) ==
          "rlload demo   1 server, store memory, seed 42, planned 250/s, achieved 250.0/s\n"
          "\n"
          "PHASE     TIER        SENT  ALLOWED  429  EXPECTED  VERDICT\n"
          "NORMAL    free          40       20   20  20        ok\n"
          "NORMAL    enterprise  1600     1500  100  1500      ok\n"
          "DEGRADED  free          40        2   38  2         ok\n"
          "DEGRADED  enterprise  1600     1000  600  1000      ok\n"
          "\n"
          "switch     server on DEGRADED 3 ms after the command\n"
          "oracle     over-admitted 0   wrongly denied 0   of 3280 decisions\n"
          "latency    p50 0.31  p95 0.62  p99 0.88 ms\n"
          "PASS\n");
  }

  TEST_CASE("the demo's table is unpadded in a pipe") {
    const std::string text = rl::load::render_table(passing(), {});
    CHECK(text.find("PHASE\tTIER\tSENT\tALLOWED\t429\tEXPECTED\tVERDICT\n") != std::string::npos);
    CHECK(text.find("NORMAL\tfree\t40\t20\t20\t20\tok\n") != std::string::npos);
  }

  TEST_CASE("every failure explains itself above the verdict") {
    DemoReport report = passing();
    report.cells[0].problems = {"21 allowed, 20 expected"};
    report.cells[0].findings.over_admitted = 1;
    report.doubts = {"NORMAL: too slow"};
    const std::string text = rl::load::render_table(report, {});
    CHECK(text.find("over-admitted 1   wrongly denied 0") != std::string::npos);
    CHECK(text.ends_with("NORMAL free: 21 allowed, 20 expected\nNORMAL: too slow\nFAIL\n"));
    CHECK(text.find("NORMAL\tfree\t40\t20\t20\t20\tFAIL\n") != std::string::npos);
  }

  TEST_CASE("what a server said cannot command the terminal") {
    DemoReport report = passing();
    report.problems = {"decided as tier \x1b[2J"};
    CHECK(rl::load::render_table(report, {}).find('\x1b') == std::string::npos);
  }

  TEST_CASE("a proven fault outweighs a doubt and a doubt outweighs success") {
    DemoReport report = passing();
    CHECK(report.verdict() == Verdict::kPass);
    report.doubts = {"NORMAL: too slow"};
    CHECK(report.verdict() == Verdict::kInconclusive);
    report.problems = {"the server did not switch"};
    CHECK(report.verdict() == Verdict::kFail);
    CHECK(static_cast<int>(rl::load::exit_code_of(Verdict::kPass)) == 0);
    CHECK(static_cast<int>(rl::load::exit_code_of(Verdict::kInconclusive)) == 98);
    CHECK(static_cast<int>(rl::load::exit_code_of(Verdict::kFail)) == 99);
  }

  TEST_CASE("the demo's JSON is one document with the same content") {
    DemoReport report = passing();
    report.switched_after.reset();
    report.problems = {"the server did not switch"};
    const auto document = nlohmann::json::parse(rl::load::render_json(report));
    CHECK(document["schema_version"] == 1);
    CHECK(document["command"] == "demo");
    CHECK(document["version"] == "1.2.3");
    CHECK(document["cells"].size() == 4);
    CHECK(document["cells"][3]["phase"] == "DEGRADED");
    CHECK(document["cells"][3]["limited"] == 600);
    CHECK(document["switch_ms"].is_null());
    CHECK(document["oracle"]["decisions"] == 3280);
    CHECK(document["explanations"][0] == "the server did not switch");
    CHECK(document["verdict"] == "FAIL");
  }
}
