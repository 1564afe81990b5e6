#include "rl/http/admin_guard.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "rl/http/credential.h"
#include "rl/http/problem.h"
#include "rl/identity/digest.h"

namespace rl::http {

httplib::Server::Handler AdminGuard::protect(httplib::Server::Handler handler) const {
  return [this, handler = std::move(handler)](const httplib::Request& request,
                                              httplib::Response& response) {
    if (is_authorised(request)) {
      return handler(request, response);
    }
    response.set_header("WWW-Authenticate", kChallenge);
    const bool without = bearer_token_of(request).empty();
    answer(response, unauthorized(without ? "send the admin token as Authorization: Bearer"
                                          : "this admin token is not known"));
  };
}

bool AdminGuard::is_authorised(const httplib::Request& request) const {
  const std::string offered = bearer_token_of(request);
  return !offered.empty() &&  // an empty token in the configuration is none
         std::any_of(tokens_.begin(), tokens_.end(),
                     [&](const std::string& token) { return equal_secrets(token, offered); });
}

std::string admin_name(const httplib::Request& request) {
  return fmt::format("admin@{}", request.remote_addr);
}

}  // namespace rl::http
