#pragma once

#include <httplib.h>

#include <functional>
#include <string>

#include "rl/base/log.h"
#include "rl/http/login_throttle.h"
#include "rl/identity/admin_tokens.h"
#include "rl/identity/user_records.h"

namespace rl::http {

/// A request that the guard let through, and whose token it came with. (A copy: httplib's requests
/// hold nothing of ours.)
struct AdminRequest : httplib::Request {
  AdminRequest(const httplib::Request& request, const AdminToken& token)
      : httplib::Request(request), token_name(token.name), role(token.role) {}

  std::string token_name;
  AdminRole role;
};

/// Lets a request through to the admin API only with one of the bearer tokens, of a role that is
/// enough. Safe from several threads; outlives the server that its handlers are mounted on.
class AdminGuard {
 public:
  using Handler = std::function<void(const AdminRequest&, httplib::Response&)>;

  /// What it is given outlives it.
  AdminGuard(const AdminTokenRegister& tokens, const LoginThrottle& throttle, const Log& log)
      : tokens_(tokens), throttle_(throttle), log_(log) {}

  /// The handler behind the guard. Without a token, or with a wrong one, the answer is 401; with
  /// one whose role is too small 403; 429 to a peer that has offered too many wrong ones.
  httplib::Server::Handler protect(AdminRole needed, Handler handler) const;

  /// The same for what needs the usual role: to look with GET needs "read", all else "admin".
  httplib::Server::Handler protect(Handler handler) const;

 private:
  void pass(AdminRole needed, const Handler& handler, const httplib::Request& request,
            httplib::Response& response) const;

  const AdminTokenRegister& tokens_;
  const LoginThrottle& throttle_;
  const Log& log_;
};

/// 403, and which role is needed.
void answer_role_needed(httplib::Response& response, AdminRole needed, const AdminRequest& request);

/// Who asks, for log and history: "deploy@10.0.0.7".
std::string admin_name(const AdminRequest& request);

/// The same for the audit log.
Actor actor_of(const AdminRequest& request);

}  // namespace rl::http
