#pragma once

#include <httplib.h>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/config/policy_register.h"
#include "rl/http/admin_guard.h"
#include "rl/http/server.h"
#include "rl/identity/user_directory.h"

namespace rl::http {

/// API keys on the admin listener, below /admin/v1/keys, and the audit log. A secret is in the
/// answer to the request that made it and nowhere else. What it is given outlives it, and it
/// outlives the server that it is mounted on. Safe from several threads.
class KeysApi {
 public:
  struct Parts {
    UserDirectory& directory;
    const PolicyRegister& policies;
    Random& random;  ///< safe from several threads
    const Clock& clock;
    const Log& log;
  };

  explicit KeysApi(const Parts& parts) : parts_(parts) {}

  void mount(Server& server, const AdminGuard& guard) const;

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  void create(const Request& request, Response& response) const;
  void list(const Request& request, Response& response) const;
  void show(const Request& request, Response& response) const;
  void rotate(const Request& request, Response& response) const;
  void revoke(const Request& request, Response& response) const;
  void audit(const Request& request, Response& response) const;

  Parts parts_;
};

}  // namespace rl::http
