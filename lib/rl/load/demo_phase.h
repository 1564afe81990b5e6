#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/address.h"
#include "rl/load/demo_plan.h"
#include "rl/load/latency.h"
#include "rl/load/oracle.h"
#include "rl/load/runner.h"

namespace rl::load {

/// One tier in one phase: a line of the demo's table.
struct DemoCell {
  HealthState phase = HealthState::kNormal;
  std::string tier;
  std::uint64_t sent = 0;
  std::uint64_t allowed = 0;
  std::uint64_t limited = 0;  ///< answered 429
  std::uint64_t expected = 0;
  Findings findings = {};
  std::vector<std::string> problems = {};  ///< each proves a failure; none: the cell is ok
};

/// What a phase needs. The referenced owners outlive it.
struct PhaseSetup {
  const DemoPlan& plan;
  HealthState state;  ///< which the server is in
  std::uint64_t seed;
  std::vector<Address> servers;  ///< asked in turns
  std::size_t connections;
  const Clock& clock;
  const Pacer& pacer;
};

/// What came of a phase.
struct PhaseResult {
  RunSummary run;
  std::vector<DemoCell> cells;           ///< in the order of the plan's tiers
  LatencyHistogram corrected;            ///< of the requests that were answered
  std::string store;                     ///< which the server named; empty if it named none
  std::vector<std::string> doubts = {};  ///< each a reason why the counts prove nothing
};

/// Sends the plan once, each tier with a key that is fresh for this seed and state, and judges it.
PhaseResult run_phase(const PhaseSetup& setup, const std::stop_token& stop);

}  // namespace rl::load
