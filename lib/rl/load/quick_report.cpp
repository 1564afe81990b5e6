#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "rl/load/quick.h"
#include "rl/load/report_parts.h"

namespace rl::load {
namespace {

std::vector<Cell> latency_row(const std::string& name, const LatencySummary& latency) {
  const auto ms = [](Micros duration) { return fmt::format("{:.2f}", in_ms(duration)); };
  return {name, ms(latency.p50), ms(latency.p95), ms(latency.p99), ms(latency.max)};
}

std::string_view verdict_of(const QuickReport& report) {
  switch (report.exit_code()) {
    case ExitCode::kPass:
      return "PASS";
    case ExitCode::kUnreachable:
      return "UNREACHABLE";
    case ExitCode::kInterrupted:
      return "INTERRUPTED";
    default:
      return "INCONCLUSIVE";
  }
}

std::string explanation_of(const QuickReport& report) {
  switch (report.exit_code()) {
    case ExitCode::kUnreachable:
      return "nothing was answered\n";
    case ExitCode::kInconclusive:
      return fmt::format(
          "only {:.1f}/s of the planned {} were achieved; try a lower --rate or more "
          "--connections\n",
          report.run.achieved().per_second, report.run.planned.to_string());
    default:
      return "";
  }
}

}  // namespace

std::string render_table(const QuickReport& report, const Display& display) {
  Table replies({{.title = "STATUS"}, {.title = "COUNT", .number = true}});
  for (const auto& [status, times] : report.statuses) {
    replies.add({std::to_string(status), std::to_string(times)});
  }
  Table latency({{.title = "LATENCY ms"},
                 {.title = "P50", .number = true},
                 {.title = "P95", .number = true},
                 {.title = "P99", .number = true},
                 {.title = "MAX", .number = true}});
  latency.add(latency_row("corrected", report.corrected));
  latency.add(latency_row("raw", report.raw));

  std::string text = fmt::format(
      "rlload quick   {}, version {}, seed {}, planned {}, achieved {:.1f}/s\n\n{}\n{}\n",
      report.url, report.version, report.seed, report.run.planned.to_string(),
      report.run.achieved().per_second, replies.render(display), latency.render(display));
  for (const auto& [message, times] : report.errors) {
    text += fmt::format("error      {} times: {}\n", times, printable(message));
  }
  const Tone tone = report.exit_code() == ExitCode::kPass ? Tone::kGood : Tone::kWarn;
  return text + explanation_of(report) +
         fmt::format("{}\n", paint(verdict_of(report), tone, display));
}

std::string render_json(const QuickReport& report) {
  nlohmann::ordered_json statuses = nlohmann::ordered_json::object();
  for (const auto& [status, times] : report.statuses) {
    statuses[std::to_string(status)] = times;
  }
  nlohmann::ordered_json errors = nlohmann::ordered_json::object();
  for (const auto& [message, times] : report.errors) {
    errors[message] = times;
  }
  const nlohmann::ordered_json document = {
      {"schema_version", kReportSchema},
      {"command", "quick"},
      {"version", report.version},
      {"url", report.url},
      {"seed", report.seed},
      {"planned_per_second", report.run.planned.per_second},
      {"achieved_per_second", report.run.achieved().per_second},
      {"sent", report.run.sent},
      {"statuses", statuses},
      {"errors", errors},
      {"latency_ms", {{"corrected", to_json(report.corrected)}, {"raw", to_json(report.raw)}}},
      {"verdict", verdict_of(report)}};
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rl::load
