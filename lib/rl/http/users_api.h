#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "rl/admission/admission.h"
#include "rl/base/log.h"
#include "rl/http/admin_guard.h"
#include "rl/http/server.h"
#include "rl/identity/identity.h"
#include "rl/identity/user_directory.h"

namespace rl::http {

/// The users on the admin listener: /users, their quotas, and /requests, where a trusted caller
/// records requests for them. What it is given outlives it, and it outlives the server that it is
/// mounted on. Safe from several threads.
class UsersApi {
 public:
  struct Parts {
    UserDirectory& directory;
    const PolicyRegister& policies;
    const Identity& identity;
    const Admission& admission;
    const Log& log;
  };

  explicit UsersApi(const Parts& parts) : parts_(parts) {}

  void mount(Server& server, const AdminGuard& guard) const;

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  void create(const Request& request, Response& response) const;
  void list(const Request& request, Response& response) const;
  void show(const Request& request, Response& response) const;
  void change(const Request& request, Response& response) const;
  void remove(const Request& request, Response& response) const;
  void quota(const Request& request, Response& response) const;
  void record(const Request& request, Response& response) const;

  /// What each key of the user that is not revoked would get now.
  DirectoryResult<nlohmann::ordered_json> quotas_of_keys(const Caller& user) const;

  Parts parts_;
};

}  // namespace rl::http
