#pragma once

#include <httplib.h>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/http/admin_guard.h"
#include "rl/http/server.h"
#include "rl/identity/usage_recorder.h"
#include "rl/identity/user_directory.h"

namespace rl::http {

/// Who uses how much, on the admin listener: /admin/v1/usage, the past of one key or user, and
/// /admin/v1/top, who is loudest now. What it is given outlives it, and it outlives the server that
/// it is mounted on. Safe from several threads.
class UsageApi {
 public:
  struct Parts {
    const UserDirectory& directory;
    UsageRecorder& usage;
    const Clock& clock;
    const Log& log;
  };

  explicit UsageApi(const Parts& parts) : parts_(parts) {}

  void mount(Server& server, const AdminGuard& guard) const;

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  /// ?key=k1 or ?user=1; of the last ?for= seconds, in steps of ?step= seconds.
  void usage(const Request& request, Response& response) const;

  /// The ?limit= loudest of this instance.
  void top(const Request& request, Response& response) const;

  Parts parts_;
};

}  // namespace rl::http
