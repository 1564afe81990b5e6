#include "rl/load/demo_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "rl/load/report_parts.h"

namespace rl::load {
namespace {

Cell verdict_of(const DemoCell& cell) {
  return cell.problems.empty() ? Cell("ok", Tone::kGood) : Cell("FAIL", Tone::kBad);
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return Tone::kGood;
    case Verdict::kInconclusive:
      return Tone::kWarn;
    case Verdict::kFail:
      return Tone::kBad;
  }
  return Tone::kPlain;
}

std::string render_cells(const DemoReport& report, const Display& display) {
  Table table({{.title = "PHASE"},
               {.title = "TIER"},
               {.title = "SENT", .number = true},
               {.title = "ALLOWED", .number = true},
               {.title = "429", .number = true},
               {.title = "EXPECTED"},
               {.title = "VERDICT"}});
  for (const DemoCell& cell : report.cells) {
    table.add({std::string(to_string(cell.phase)), cell.tier, std::to_string(cell.sent),
               std::to_string(cell.allowed), std::to_string(cell.limited),
               std::to_string(cell.expected), verdict_of(cell)});
  }
  return table.render(display);
}

std::string render_switch(const DemoReport& report) {
  const std::string who = report.servers == 1   ? "server"
                          : report.servers == 2 ? "both servers"
                                                : fmt::format("all {} servers", report.servers);
  if (!report.switched_after) {
    return who + " not seen on DEGRADED";
  }
  return fmt::format("{} on DEGRADED {} ms after the command", who,
                     std::chrono::ceil<std::chrono::milliseconds>(*report.switched_after).count());
}

/// Every failure and doubt, one line each.
std::vector<std::string> explanations(const DemoReport& report) {
  std::vector<std::string> lines = report.problems;
  for (const DemoCell& cell : report.cells) {
    for (const std::string& problem : cell.problems) {
      lines.push_back(fmt::format("{} {}: {}", to_string(cell.phase), cell.tier, problem));
    }
  }
  lines.insert(lines.end(), report.doubts.begin(), report.doubts.end());
  return lines;
}

}  // namespace

Findings DemoReport::findings() const {
  Findings all;
  for (const DemoCell& cell : cells) {
    all += cell.findings;
  }
  return all;
}

Verdict DemoReport::verdict() const {
  const bool wrong =
      !problems.empty() || std::any_of(cells.begin(), cells.end(),
                                       [](const DemoCell& cell) { return !cell.problems.empty(); });
  if (wrong) {
    return Verdict::kFail;
  }
  return doubts.empty() ? Verdict::kPass : Verdict::kInconclusive;
}

std::string render_table(const DemoReport& report, const Display& display) {
  const Findings findings = report.findings();
  std::string text = fmt::format(
      "rlload demo   {} server{}, store {}, seed {}, planned {}, achieved {:.1f}/s\n\n{}\n",
      report.servers, report.servers == 1 ? "" : "s",
      report.store.empty() ? "unknown" : printable(report.store), report.seed,
      report.planned.to_string(), report.achieved.per_second, render_cells(report, display));
  text += fmt::format("switch     {}\n", render_switch(report));
  text += fmt::format("oracle     over-admitted {}   wrongly denied {}   of {} decisions\n",
                      findings.over_admitted, findings.wrongly_denied, findings.decisions);
  text +=
      fmt::format("latency    p50 {:.2f}  p95 {:.2f}  p99 {:.2f} ms\n", in_ms(report.corrected.p50),
                  in_ms(report.corrected.p95), in_ms(report.corrected.p99));
  for (const std::string& line : explanations(report)) {
    text += fmt::format("{}\n", printable(line));
  }
  const Verdict verdict = report.verdict();
  return text + fmt::format("{}\n", paint(to_string(verdict), tone_of(verdict), display));
}

std::string render_json(const DemoReport& report) {
  const Findings findings = report.findings();
  nlohmann::ordered_json cells = nlohmann::ordered_json::array();
  for (const DemoCell& cell : report.cells) {
    cells.push_back({{"phase", to_string(cell.phase)},
                     {"tier", cell.tier},
                     {"sent", cell.sent},
                     {"allowed", cell.allowed},
                     {"limited", cell.limited},
                     {"expected", cell.expected},
                     {"verdict", verdict_of(cell).text}});
  }
  const nlohmann::ordered_json document = {
      {"schema_version", kReportSchema},
      {"command", "demo"},
      {"version", report.version},
      {"servers", report.servers},
      {"store", report.store},
      {"seed", report.seed},
      {"planned_per_second", report.planned.per_second},
      {"achieved_per_second", report.achieved.per_second},
      {"cells", cells},
      {"switch_ms", report.switched_after ? nlohmann::ordered_json(in_ms(*report.switched_after))
                                          : nlohmann::ordered_json(nullptr)},
      {"oracle",
       {{"over_admitted", findings.over_admitted},
        {"wrongly_denied", findings.wrongly_denied},
        {"decisions", findings.decisions}}},
      {"latency_ms", {{"corrected", to_json(report.corrected)}}},
      {"explanations", explanations(report)},
      {"verdict", to_string(report.verdict())}};
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rl::load
