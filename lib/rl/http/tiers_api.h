#pragma once

#include <httplib.h>

#include "rl/config/tiers_file.h"
#include "rl/health/health_word.h"
#include "rl/http/admin_guard.h"
#include "rl/http/server.h"
#include "rl/identity/user_directory.h"

namespace rl::http {

/// The policy on the admin listener, below /admin/v1/tiers: show it, apply another text, reload the
/// file, list what was in force and go back to it. What it is given outlives it, and it outlives
/// the server that it is mounted on. Safe from several threads.
class TiersApi {
 public:
  struct Parts {
    const PolicyRegister& policies;
    TiersFile& file;
    const HealthWord& health;
    UserDirectory& directory;  ///< for its audit log
    const Clock& clock;
    const Log& log;
  };

  explicit TiersApi(const Parts& parts) : parts_(parts) {}

  void mount(Server& server, const AdminGuard& guard) const;

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  void show(Response& response) const;
  void apply(const Request& request, Response& response) const;
  void reload(const Request& request, Response& response) const;
  void roll_back(const Request& request, Response& response) const;

  /// Answers with what came of the attempt, and writes a change into the audit log.
  void tell(const Request& request, Response& response, const TiersFile::Outcome& outcome,
            const PolicyAttempt& attempt) const;

  Parts parts_;
};

}  // namespace rl::http
