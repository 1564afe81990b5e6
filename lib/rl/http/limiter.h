#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "rl/admission/admission.h"
#include "rl/base/clock.h"
#include "rl/health/health_register.h"
#include "rl/http/middleware.h"
#include "rl/identity/identity.h"
#include "rl/store/memory/memory_store.h"

namespace rl::http {

/// All that a program needs to put the handlers of its own httplib::Server behind a policy, with
/// the counters in its memory:
///   rl::http::Limiter limiter(*rl::load_policy("tiers.toml"), keys);
///   server.Get("/work", limiter.limit(handler));
/// Handlers are wrapped one by one, and not put behind httplib's pre-routing handler, because that
/// one runs before the body is read: the body of a denied request would be taken for the next
/// request of the connection.
/// Safe from several threads; outlives the server that its handlers are mounted on.
class Limiter {  // NOLINT(clang-analyzer-optin.performance.Padding): there is one of it
 public:
  /// `keys` says whose a key is; it outlives the limiter. `headers`: which groups the responses
  /// carry.
  Limiter(Policy policy, const Identity& keys, const HeaderGroups& headers = {});

  /// The handler behind the limits. It runs for an admitted request alone; everybody else is
  /// answered with 400, 401 or 429.
  httplib::Server::Handler limit(httplib::Server::Handler handler) const {
    return middleware_.limit(std::move(handler));
  }

  /// For decisions that need more than that: other callers, costs or routes.
  const Middleware& middleware() const { return middleware_; }

  PolicyRegister& policies() { return policies_; }  ///< to put another policy in force
  HealthRegister& health() { return health_; }      ///< to say NORMAL or DEGRADED
  const DecisionCounters& counters() const { return counters_; }

 private:
  void run(const std::stop_token& stop);

  SystemClock clock_;
  PolicyRegister policies_;
  HealthRegister health_{clock_};
  MemoryStore store_;
  DecisionCounters counters_;
  Admission admission_;
  Middleware middleware_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread housekeeping_;  // last: it uses the others
};

}  // namespace rl::http
