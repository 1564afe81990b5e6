#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "rl/base/result.h"
#include "rl/load/demo_report.h"
#include "rl/load/pacer.h"
#include "rl/load/rate.h"
#include "rl/load/verdict.h"

namespace rl::load {

struct DemoOptions {
  std::string version;  ///< of this program, for the report
  std::string tiers_path = "tiers.toml";
  std::string rlserver;           ///< path of the server's program
  std::size_t servers = 1;        ///< asked in turns; more than one need a Redis to count together
  bool redis = false;             ///< whether they count in a Redis, which is started too
  std::string redis_server = {};  ///< path of its program
  Rate rate{.per_second = 250};
  std::uint64_t seed = 42;
  std::size_t connections = 8;
  /// Hears what is going on, one line at a time.
  std::function<void(std::string_view)> progress = [](std::string_view) {};
};

/// Starts servers of its own, drives every tier of the file through NORMAL and DEGRADED, checks
/// what it sees, and stops the servers again, also after a failure or a stop.
Result<DemoReport, Abort> run_demo(const DemoOptions& options, const Clock& clock,
                                   const Pacer& pacer, const std::stop_token& stop);

}  // namespace rl::load
