#pragma once

#include <nlohmann/json.hpp>

#include "rl/base/log.h"
#include "rl/health/fleet.h"
#include "rl/http/admin_guard.h"
#include "rl/http/server.h"
#include "rl/identity/user_directory.h"
#include "rl/store/fallback/fallback_store.h"

namespace rl::http {

/// The health of the fleet and who is in it: /system/health, /admin/v1/health/history and
/// /admin/v1/instances, behind the guard. Every change is logged with who asked. What it is given
/// outlives it, and it outlives the server that it is mounted on. Safe from several threads.
class HealthApi {
 public:
  struct Parts {
    HealthRegister& health;
    Fleet& fleet;
    const FallbackStore* shared = nullptr;  ///< the store that instances share, if they do
    UserDirectory& directory;               ///< keeps the audit log
    const Clock& clock;
    const Log& log;
  };

  explicit HealthApi(const Parts& parts) : parts_(parts) {}

  void mount(Server& server, const AdminGuard& guard) const;

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  void get_health(const Request& request, Response& response) const;
  void post_health(const Request& request, Response& response) const;
  void get_history(const Request& request, Response& response) const;
  void get_instances(const Request& request, Response& response) const;

  nlohmann::ordered_json health_document(const HealthRecord& record) const;

  const Parts parts_;
};

}  // namespace rl::http
