#pragma once

#include <nlohmann/json.hpp>

#include "rl/load/latency.h"

namespace rl::load {

/// Version of the JSON documents of this module; raised when a member changes its meaning.
inline constexpr int kReportSchema = 1;

/// Milliseconds with fractions, as reports show latencies.
inline double in_ms(Micros duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// {"count","p50","p95","p99","max"}, in milliseconds.
inline nlohmann::ordered_json to_json(const LatencySummary& latency) {
  return {{"count", latency.count},
          {"p50", in_ms(latency.p50)},
          {"p95", in_ms(latency.p95)},
          {"p99", in_ms(latency.p99)},
          {"max", in_ms(latency.max)}};
}

}  // namespace rl::load
