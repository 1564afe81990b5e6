#pragma once

#include <string>

#include "rl/config/policy_register.h"
#include "rl/config/tiers_file.h"
#include "rl/health/health_word.h"
#include "rl/http/admin_guard.h"
#include "rl/http/gateway/gateway.h"
#include "rl/http/server.h"
#include "rl/metrics/decision_counters.h"
#include "rl/metrics/http_metrics.h"
#include "rl/store/fallback/fallback_store.h"
#include "rl/store/store.h"

namespace rl::http {

/// GET /metrics: everything that is counted, for Prometheus. Labels are names of the policy and of
/// mounted paths, never a key, a user or a path that a client made up. What it is given outlives
/// it, and it outlives the server that it is mounted on. Safe from several threads.
class MetricsApi {
 public:
  struct Parts {
    const PolicyRegister& policies;
    const TiersFile& tiers_file;
    const HealthWord& health;
    const Store& store;
    const DecisionCounters& counters;
    const HttpMetrics& http;
    const Gateway* gateway = nullptr;       ///< nullptr: there is none
    const FallbackStore* shared = nullptr;  ///< nullptr: the counters are of this process
  };

  MetricsApi(const Parts& parts, std::string version)
      : parts_(parts), version_(std::move(version)) {}

  /// Behind the guard, or open to everyone without one.
  void mount(Server& server, const AdminGuard* guard) const;

  /// What /metrics says now.
  std::string text() const;

 private:
  const Parts parts_;
  const std::string version_;
};

}  // namespace rl::http
