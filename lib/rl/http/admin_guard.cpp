#include "rl/http/admin_guard.h"

#include <fmt/core.h>

#include <utility>

#include "rl/http/credential.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

void refuse(httplib::Response& response, std::string detail) {
  response.set_header("WWW-Authenticate", kChallenge);
  answer(response, unauthorized(std::move(detail)));
}

void answer_wait(httplib::Response& response, Micros wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.set_header("Retry-After", std::to_string(seconds));
  Problem problem{
      .status = 429,
      .title = {},
      .detail = fmt::format("too many wrong admin tokens came from your address; none is "
                            "looked at for {} s",
                            seconds)};
  problem.members["retry_after_seconds"] = seconds;
  answer(response, problem);
}

}  // namespace

httplib::Server::Handler AdminGuard::protect(AdminRole needed, Handler handler) const {
  return [this, needed, handler = std::move(handler)](const httplib::Request& request,
                                                      httplib::Response& response) {
    pass(needed, handler, request, response);
  };
}

httplib::Server::Handler AdminGuard::protect(Handler handler) const {
  return [this, handler = std::move(handler)](const httplib::Request& request,
                                              httplib::Response& response) {
    const bool looks = request.method == "GET" || request.method == "HEAD";
    pass(looks ? AdminRole::kRead : AdminRole::kAdmin, handler, request, response);
  };
}

void AdminGuard::pass(AdminRole needed, const Handler& handler, const httplib::Request& request,
                      httplib::Response& response) const {
  const std::string offered = bearer_token_of(request);
  if (offered.empty()) {
    return refuse(response, "send the admin token as Authorization: Bearer");
  }
  if (const auto wait = throttle_.wait_of(request.remote_addr)) {
    return answer_wait(response, *wait);
  }
  const auto tokens = tokens_.snapshot();
  const AdminToken* const token = tokens->find(offered);
  if (token == nullptr) {
    if (throttle_.note_wrong(request.remote_addr, offered)) {  // one line for each, not for all
      log_.warn("a wrong admin token", {{"from", request.remote_addr}});
    }
    return refuse(response, "this admin token is not known");
  }
  const AdminRequest passed(request, *token);
  if (token->role < needed) {
    return answer_role_needed(response, needed, passed);
  }
  handler(passed, response);
}

void answer_role_needed(httplib::Response& response, AdminRole needed,
                        const AdminRequest& request) {
  Problem problem{
      .status = 403,
      .title = {},
      .detail = fmt::format("this needs a token with the role {}; that of {} has {}",
                            to_string(needed), request.token_name, to_string(request.role))};
  problem.members["role_needed"] = to_string(needed);
  answer(response, problem);
}

std::string admin_name(const AdminRequest& request) {
  return fmt::format("{}@{}", request.token_name, request.remote_addr);
}

Actor actor_of(const AdminRequest& request) {
  return {.name = request.token_name, .origin = request.remote_addr};
}

}  // namespace rl::http
