#include "rl/http/middleware.h"

#include <utility>

#include "rl/http/credential.h"
#include "rl/http/problem.h"
#include "rl/http/rate_headers.h"

namespace rl::http {
namespace {

void refuse(httplib::Response& response, const Problem& problem) {
  if (problem.status == 401) {
    response.set_header("WWW-Authenticate", kChallenge);
  }
  answer(response, problem);
}

}  // namespace

httplib::Server::Handler Middleware::limit(httplib::Server::Handler handler) const {
  return [this, handler = std::move(handler)](const httplib::Request& request,
                                              httplib::Response& response) {
    const auto caller = identify(request, response);
    if (caller && admit(*caller, {.method = request.method, .path = request.path}, response)) {
      handler(request, response);
    }
  };
}

std::optional<Caller> Middleware::identify(const httplib::Request& request,
                                           httplib::Response& response) const {
  const auto key = api_key_of(request);
  if (!key) {
    counters_.count_unauthenticated();
    refuse(response, key.error());
    return std::nullopt;
  }
  auto caller = identity_.find_key(*key);
  if (!caller) {
    answer(response, {.status = 503, .title = {}, .detail = "API keys cannot be checked now"});
    return std::nullopt;
  }
  if (!*caller) {
    counters_.count_unauthenticated();
    refuse(response, unauthorized("this API key is not known"));
  }
  return *std::move(caller);
}

bool Middleware::admit(const Caller& caller, const RequestTarget& target,
                       httplib::Response& response, int denied_status) const {
  const auto outcome = admission_.decide(caller, target, Mode::kAcquire);
  if (!outcome) {
    answer(response, {.status = 503, .title = {}, .detail = "the limits cannot be checked now"});
    return false;
  }
  for (const auto& [name, value] : rate_headers(*outcome, headers_)) {
    response.set_header(name, value);
  }
  if (!outcome->allowed) {
    Problem problem = quota_problem(*outcome);
    problem.status = denied_status;
    answer(response, problem);
  }
  return outcome->allowed;
}

}  // namespace rl::http
