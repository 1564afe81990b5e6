#pragma once

#include <httplib.h>

#include <string>
#include <vector>

namespace rl::http {

/// Lets a request through to the admin API only with one of the bearer tokens. Safe from several
/// threads; outlives the server that its handlers are mounted on.
class AdminGuard {
 public:
  /// Without any token nobody is let in.
  explicit AdminGuard(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}

  /// The handler behind the guard; without a token, or with a wrong one, the answer is 401.
  httplib::Server::Handler protect(httplib::Server::Handler handler) const;

 private:
  bool is_authorised(const httplib::Request& request) const;

  const std::vector<std::string> tokens_;
};

/// Who asks, for log and history.
std::string admin_name(const httplib::Request& request);

}  // namespace rl::http
