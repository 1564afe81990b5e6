#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"
#include "rl/base/table.h"
#include "rl/load/boundary.h"
#include "rl/load/verdict.h"

namespace rl::load {

/// A limit as the tiers file would have it, and where its pictures go.
struct DrawOptions {
  std::string version;                 ///< of this program, for the report
  std::string directory = ".";         ///< must be there
  std::optional<Algorithm> algorithm;  ///< nothing: all
  Micros window = std::chrono::minutes{1};
  std::int64_t base = 100;
  std::optional<std::int64_t> burst;  ///< nothing: the base
};

/// The boundary case under one algorithm, and the file that shows it.
struct Drawing {
  BoundaryCase played;
  std::string path;
};

struct DrawReport {
  std::string version;
  std::vector<Drawing> drawings;  ///< at least one; all under the same numbers
};

/// Reads an algorithm's name.
Result<Algorithm> parse_algorithm(std::string_view text);

/// Plays the boundary case under each algorithm and writes <algorithm>.svg. A limit that rlserver
/// would refuse in a tiers file is refused in the same words (ExitCode::kUsage). Each file is
/// written whole or not at all (ExitCode::kFailure).
Result<DrawReport, Abort> run_draw(const DrawOptions& options);

std::string render_table(const DrawReport& report, const Display& display);
std::string render_json(const DrawReport& report);

}  // namespace rl::load
