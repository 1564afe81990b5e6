#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "rl/base/table.h"
#include "rl/client/http_connection.h"
#include "rl/load/latency.h"
#include "rl/load/pacer.h"
#include "rl/load/rate.h"
#include "rl/load/runner.h"
#include "rl/load/target.h"
#include "rl/load/verdict.h"

namespace rl::load {

/// The longest run that `quick` does.
inline constexpr Micros kLongestRun = std::chrono::hours{1};

/// The most connections, and so threads, that a run may have.
inline constexpr std::size_t kMaxConnections = 1024;

struct QuickOptions {
  std::string version;  ///< of this program, for the report
  std::string url;      ///< as given, for the report
  Target target;
  Rate rate{.per_second = 200};
  Micros duration = std::chrono::seconds{10};  ///< more than 0, at most kLongestRun
  std::size_t connections = 16;                ///< 1 to kMaxConnections
  client::HeaderList headers = {};
  client::TlsOptions tls = {};  ///< for a target that speaks https
  std::uint64_t seed = 42;      ///< names the run; constant arrivals draw nothing from it
  Micros timeout = std::chrono::seconds{5};  ///< of one request
};

/// What came of a run against one endpoint.
struct QuickReport {
  std::string version;
  std::string url;
  std::uint64_t seed = 0;
  RunSummary run{};
  std::map<int, std::uint64_t> statuses = {};        ///< replies by status
  std::map<std::string, std::uint64_t> errors = {};  ///< requests without a reply, by reason
  LatencySummary corrected{};                        ///< of the replies, from the intended time
  LatencySummary raw{};                              ///< of the replies, from the real send

  /// kPass, kUnreachable when nothing was ever answered, kInconclusive when the schedule was not
  /// kept, kInterrupted after a stop. A 429 or any other status is an outcome, not an error.
  ExitCode exit_code() const;
};

/// Sends GET requests to the target as an open model: each at its intended time, whatever became of
/// those before it.
QuickReport run_quick(const QuickOptions& options, const Clock& clock, const Pacer& pacer,
                      const std::stop_token& stop);

std::string render_table(const QuickReport& report, const Display& display);

/// One JSON document with the same content and a schema_version.
std::string render_json(const QuickReport& report);

}  // namespace rl::load
