#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "rl/base/duration.h"
#include "rl/load/draw.h"
#include "rl/load/report_parts.h"

namespace rl::load {

std::string render_table(const DrawReport& report, const Display& display) {
  const Limit& limit = report.drawings.front().played.limit;
  const std::string window = format_duration(limit.window);
  Table table({{.title = "ALGORITHM"},
               {.title = "ADMITTED", .number = true},
               {.title = "DENIED", .number = true},
               {.title = "IN BURSTS", .number = true},
               {.title = "IN ONE WINDOW", .number = true},
               {.title = "OVER", .number = true},
               {.title = "AT MOST", .number = true},
               {.title = "FILE"}});
  for (const auto& [played, path] : report.drawings) {
    const Tone tone = played.excess() == 0 ? Tone::kGood : Tone::kWarn;
    table.add({std::string(to_string(played.limit.algorithm)),
               std::to_string(played.allowed_units()), std::to_string(played.denied_units()),
               std::to_string(played.allowed_in_bursts()), std::to_string(played.largest().units),
               Cell(std::to_string(played.excess()), tone),
               std::to_string(most_in_window(played.limit)), printable(path)});
  }
  return fmt::format(
      "rlload draw   limit {0} in {1}, base {2}: {3} just before {1}, {3} just after, then {4} per "
      "{1} until {5}\n\n{6}",
      limit.units, window, limit.base, burst_units(limit), steady_units(limit),
      format_duration(limit.window * kBoundaryWindows), table.render(display));
}

std::string render_json(const DrawReport& report) {
  const Limit& limit = report.drawings.front().played.limit;
  nlohmann::ordered_json algorithms = nlohmann::ordered_json::array();
  for (const auto& [played, path] : report.drawings) {
    algorithms.push_back({{"algorithm", to_string(played.limit.algorithm)},
                          {"admitted", played.allowed_units()},
                          {"denied", played.denied_units()},
                          {"admitted_in_bursts", played.allowed_in_bursts()},
                          {"largest_in_one_window", played.largest().units},
                          {"over", played.excess()},
                          {"at_most_in_one_window", most_in_window(played.limit)},
                          {"file", path}});
  }
  const nlohmann::ordered_json document = {{"schema_version", kReportSchema},
                                           {"command", "draw"},
                                           {"version", report.version},
                                           {"window", format_duration(limit.window)},
                                           {"base", limit.base},
                                           {"burst", limit.units},
                                           {"algorithms", algorithms}};
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rl::load
