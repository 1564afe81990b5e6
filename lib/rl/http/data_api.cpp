#include "rl/http/data_api.h"

#include "rl/http/check_request.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

constexpr std::size_t kLongestUserId = 256;

void answer_success(const httplib::Request& request, httplib::Response& response) {
  answer_json(response, 200, {{"ok", true}, {"path", request.path}});
}

/// GET /ping?user_id=alice: limited by that id, in the tier of [anonymous].
void ping(const Middleware& middleware, const PolicyRegister& policies,
          const httplib::Request& request, httplib::Response& response) {
  const auto policy = policies.snapshot();
  if (!policy->anonymous_tier) {
    return answer(response, {.status = 404,
                             .title = {},
                             .detail = "callers without a key are not let in by this policy"});
  }
  const std::string id = request.get_param_value("user_id");
  if (id.empty() || id.size() > kLongestUserId || request.get_param_value_count("user_id") > 1) {
    return answer(response, {.status = 400,
                             .title = {},
                             .detail = "name the caller once, as ?user_id= and 1 to 256 bytes"});
  }
  const Caller caller = anonymous_caller(id, *policy->anonymous_tier);
  if (middleware.admit(caller, {.method = request.method, .path = request.path}, response)) {
    answer_json(response, 200, {{"ok", true}, {"user_id", id}});
  }
}

/// /v1/check: the decision alone, for a proxy that asks before it forwards.
void check(const Middleware& middleware, const TrustedProxies& trusted,
           const httplib::Request& request, httplib::Response& response) {
  const auto asked = parse_check_request(request, trusted);
  if (!asked) {
    return answer(response, asked.error());
  }
  const auto caller = middleware.identify(request, response);
  if (!caller) {
    return;
  }
  const RequestTarget target{.method = asked->method, .path = asked->path, .cost = asked->cost};
  if (middleware.admit(*caller, target, response, asked->denied_status)) {
    response.set_header("X-RateLimit-User", std::to_string(caller->user_id));
    response.set_header("X-RateLimit-Tier", caller->tier);
    answer_json(response, 200, {{"allowed", true}});
  }
}

}  // namespace

void mount_data_api(Server& server, const Middleware& middleware, const PolicyRegister& policies,
                    const TrustedProxies& trusted) {
  server.get("/test", middleware.limit(answer_success));
  server.get("/limit", middleware.limit(answer_success));
  server.get("/ping", [&middleware, &policies](const httplib::Request& request,
                                               httplib::Response& response) {
    ping(middleware, policies, request, response);
  });
  const auto checking = [&middleware, trusted](const httplib::Request& request,
                                               httplib::Response& response) {
    check(middleware, trusted, request, response);
  };
  server.get("/v1/check", checking);
  server.post("/v1/check", checking);
}

}  // namespace rl::http
