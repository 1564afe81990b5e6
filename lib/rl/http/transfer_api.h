#pragma once

#include <httplib.h>

#include "rl/base/log.h"
#include "rl/config/policy_register.h"
#include "rl/http/admin_guard.h"
#include "rl/http/server.h"
#include "rl/identity/user_directory.h"

namespace rl::http {

/// Users and keys that move between servers, on the admin listener: /admin/v1/export gives a page
/// of them as JSON lines (entry_lines.h), /admin/v1/import takes lines. What it is given outlives
/// it, and it outlives the server that it is mounted on. Safe from several threads.
class TransferApi {
 public:
  struct Parts {
    UserDirectory& directory;
    const PolicyRegister& policies;
    const Log& log;
  };

  explicit TransferApi(const Parts& parts) : parts_(parts) {}

  void mount(Server& server, const AdminGuard& guard) const;

 private:
  using Request = AdminRequest;
  using Response = httplib::Response;

  /// ?part=ids, users or keys, and the page of the last two. The secrets of a key follow it.
  void give(const Request& request, Response& response) const;

  /// Takes the lines of the body, all or none; ?line= tells which line of a file the first one is,
  /// so that a fault names the line that a person looks for.
  void take(const Request& request, Response& response) const;

  DirectoryResult<std::string> lines_of(std::string_view part, const Page& page) const;

  Parts parts_;
};

}  // namespace rl::http
