#include "rl/http/middleware.h"

#include <utility>

#include "rl/http/credential.h"
#include "rl/http/problem.h"
#include "rl/http/rate_headers.h"

namespace rl::http {
namespace {

void refuse(Reply& reply, const Problem& problem) {
  if (problem.status == 401) {
    reply.fields.emplace_back("WWW-Authenticate", kChallenge);
  }
  answer(reply, problem);
}

/// Puts the fields, and a refusal, into a response of httplib's.
void give_to(const Reply& reply, httplib::Response& response) {
  for (const auto& [name, value] : reply.fields) {
    response.set_header(name, value);
  }
  if (!reply.body.empty()) {
    response.status = reply.status;
    response.set_content(reply.body, reply.content_type.c_str());
  }
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
  Reply reply;
  auto caller = find(api_key_of(request), reply);
  give_to(reply, response);
  return caller;
}

std::optional<Caller> Middleware::identify(std::span<const Field> fields, Reply& reply) const {
  return find(api_key_of(fields), reply);
}

std::optional<Caller> Middleware::find(const Result<std::string, Problem>& key,
                                       Reply& reply) const {
  if (!key) {
    counters_.count_unauthenticated();
    refuse(reply, key.error());
    return std::nullopt;
  }
  auto caller = identity_.find_key(*key);
  if (!caller) {
    answer(reply, {.status = 503, .title = {}, .detail = "API keys cannot be checked now"});
    return std::nullopt;
  }
  if (!*caller) {
    counters_.count_unauthenticated();
    refuse(reply, unauthorized("this API key is not known"));
  }
  return *std::move(caller);
}

bool Middleware::admit(const Caller& caller, const RequestTarget& target,
                       httplib::Response& response, int denied_status) const {
  Reply reply;
  const bool admitted = admit(caller, target, reply, denied_status);
  give_to(reply, response);
  return admitted;
}

bool Middleware::admit(const Caller& caller, const RequestTarget& target, Reply& reply,
                       int denied_status) const {
  return tell(admission_.decide(caller, target, Mode::kAcquire), reply, denied_status);
}

void Middleware::admit_later(Caller caller, const RequestTarget& target, int denied_status,
                             Admitted then) const {
  admission_.decide_later(
      std::move(caller), target, Mode::kAcquire,
      [this, denied_status, then = std::move(then)](const Result<Outcome>& outcome) {
        Reply reply;
        const bool admitted = tell(outcome, reply, denied_status);
        then(admitted, std::move(reply));
      });
}

bool Middleware::tell(const Result<Outcome>& outcome, Reply& reply, int denied_status) const {
  if (!outcome) {
    answer(reply, {.status = 503, .title = {}, .detail = "the limits cannot be checked now"});
    return false;
  }
  reply.fields = rate_headers(*outcome, headers_);
  if (!outcome->allowed) {
    Problem problem = quota_problem(*outcome);
    problem.status = denied_status;
    answer(reply, problem);
  }
  return outcome->allowed;
}

}  // namespace rl::http
