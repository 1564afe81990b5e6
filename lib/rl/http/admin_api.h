#pragma once

#include <string>

#include "rl/admission/admission.h"
#include "rl/health/fleet.h"
#include "rl/http/admin_guard.h"
#include "rl/http/health_api.h"
#include "rl/http/keys_api.h"
#include "rl/http/server.h"
#include "rl/http/tiers_api.h"
#include "rl/http/transfer_api.h"
#include "rl/http/usage_api.h"
#include "rl/http/users_api.h"
#include "rl/identity/identity.h"
#include "rl/metrics/rate_meter.h"
#include "rl/store/fallback/fallback_store.h"

namespace rl::http {

/// Who this instance is.
struct InstanceInfo {
  std::string id;
  std::string version;
  bool dev = false;
  Address data;
  Address admin;
  Instant started{};
};

/// What the admin listener serves: /system/health and the instances, /users, /requests and
/// /admin/v1/…, each behind the guard. Every change is logged with who asked. What it is
/// given outlives it, and it outlives the server that it is mounted on. Safe from several threads.
class AdminApi {
 public:
  struct Parts {
    const PolicyRegister& policies;
    TiersFile& tiers_file;
    HealthRegister& health;
    Fleet& fleet;
    const Store& store;
    const FallbackStore* shared = nullptr;  ///< the store, when instances share it
    const Identity& identity;
    UserDirectory& directory;
    UsageRecorder& usage;
    Random& random;  ///< makes the keys; safe from several threads
    const Admission& admission;
    const DecisionCounters& counters;
    const RateMeter& rates;
    const Clock& clock;
    const Log& log;
  };

  /// A request has to pass the guard, which outlives it.
  AdminApi(const Parts& parts, InstanceInfo instance, const AdminGuard& guard);

  void mount(Server& server) const;

  /// To be told before the server starts: where the listeners ended up.
  void set_addresses(const Address& data, const Address& admin);

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  void post_check(const Request& request, Response& response) const;
  void get_snapshot(const Request& request, Response& response) const;
  nlohmann::ordered_json store_document() const;

  Parts parts_;
  InstanceInfo instance_;
  const AdminGuard& guard_;
  const HealthApi health_;
  const TiersApi tiers_;
  const UsersApi users_;
  const KeysApi keys_;
  const TransferApi transfer_;
  const UsageApi usage_;
};

}  // namespace rl::http
