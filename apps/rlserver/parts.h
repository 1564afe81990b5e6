#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "options.h"
#include "own_changes.h"
#include "rl/admission/admission.h"
#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/config/policy_register.h"
#include "rl/config/tiers_file.h"
#include "rl/health/health_register.h"
#include "rl/health/lone_instance.h"
#include "rl/health/redis/redis_fleet.h"
#include "rl/http/admin_api.h"
#include "rl/http/gateway/gateway.h"
#include "rl/http/metrics_api.h"
#include "rl/http/middleware.h"
#include "rl/http/probes.h"
#include "rl/http/server.h"
#include "rl/identity/demo_identity.h"
#include "rl/identity/directory_identity.h"
#include "rl/identity/usage_recorder.h"
#include "rl/store/fallback/fallback_store.h"
#include "rl/store/memory/memory_store.h"
#include "tls.h"
#include "users.h"

namespace rlserver {

/// Everything that makes up a running server, in the order in which it is built.
struct Parts {  // NOLINT(clang-analyzer-optin.performance.Padding): there is one of it
  Parts(const Options& options, rl::Policy policy, const rl::Log& log_to, rl::AdminTokens admins,
        const ListenerTls& tls, Users users);

  /// What the other instances are told of this one.
  rl::InstanceRecord self() const;
  std::optional<rl::InstanceStore> store_of_self() const;

  const rl::Log& log;
  const std::vector<std::string> tiers;  ///< that have a demo user
  rl::SystemClock clock;
  rl::SystemRandom random;
  const std::string id = rl::random_hex(random, 4);
  rl::Address data_address;  ///< where the listeners ended up; set before anything starts
  rl::Address admin_address;
  rl::PolicyRegister policies;
  rl::HealthRegister health{clock};
  rl::LoneInstance lone{health, [this] { return self(); }};
  rl::TiersFile tiers_file;
  rl::MemoryStore memory;
  const std::unique_ptr<rl::RedisFleet> shared_fleet;  ///< nullptr: there is this instance alone
  rl::Fleet& fleet;
  const std::unique_ptr<rl::RedisStore> redis;        ///< nullptr: counters in memory
  const std::unique_ptr<rl::FallbackStore> fallback;  ///< around it
  rl::Store& store;
  const Users directory;
  const OwnChanges own_changes;
  const rl::DirectoryIdentity known_keys;
  const rl::DemoIdentity demo_keys;
  const rl::Identity& identity;
  const std::unique_ptr<rl::UsageLog> usage_log = directory->usage_log();
  rl::UsageMeter usage_meter;
  rl::UsageRecorder usage{usage_meter, *usage_log, clock, log};
  rl::DecisionCounters counters;
  rl::RateMeter rates;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters,
                           .usage = &usage_meter}};
  rl::http::Middleware middleware;
  rl::HttpMetrics http_metrics{clock};
  const std::unique_ptr<rl::http::Gateway> gateway;  ///< nullptr: there is no upstream
  const rl::http::MetricsApi metrics_api{{.policies = policies,
                                          .tiers_file = tiers_file,
                                          .health = health.word(),
                                          .store = store,
                                          .counters = counters,
                                          .http = http_metrics,
                                          .gateway = gateway.get(),
                                          .shared = fallback.get()},
                                         RL_VERSION};
  rl::AdminTokenRegister tokens;
  const rl::http::LoginThrottle throttle;
  const rl::http::AdminGuard guard;
  rl::http::AdminApi admin_api;
  rl::http::Readiness ready{false};
  rl::http::Server data;
  rl::http::Server admin;
};

}  // namespace rlserver
