#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/table.h"
#include "rl/load/demo_phase.h"
#include "rl/load/latency.h"
#include "rl/load/verdict.h"

namespace rl::load {

/// Everything that the demo found out.
struct DemoReport {
  std::string version;  ///< of this program
  std::uint64_t seed = 0;
  Rate planned{};
  Rate achieved{};  ///< over both phases
  std::size_t servers = 1;
  std::string store = {};  ///< which the servers named
  std::vector<DemoCell> cells = {};
  std::optional<Micros> switched_after = {};  ///< nothing: the switch was not seen
  LatencySummary corrected{};
  std::vector<std::string> problems = {};  ///< of no cell; each proves a failure
  std::vector<std::string> doubts = {};    ///< each a reason why nothing is proven

  Findings findings() const;  ///< of all cells

  /// What is proven wrong is FAIL, however slow the generator was; a doubt is INCONCLUSIVE.
  Verdict verdict() const;
};

/// The table that a person reads, ending in the verdict.
std::string render_table(const DemoReport& report, const Display& display);

/// One JSON document with the same content and a schema_version.
std::string render_json(const DemoReport& report);

}  // namespace rl::load
