#include "rl/http/data_api.h"

#include "rl/http/check_request.h"
#include "rl/http/httplib_adapter.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

constexpr std::size_t kLongestUserId = 256;
constexpr int kTooManyRequests = 429;

Reply refused(int status, std::string detail) {
  Reply reply;
  answer(reply, {.status = status, .title = {}, .detail = std::move(detail)});
  return reply;
}

/// Answers with the body, when the request is admitted.
Middleware::Admitted then_say(Answer answer, nlohmann::ordered_json body) {
  return [answer = std::move(answer), body = std::move(body)](bool admitted, Reply reply) {
    if (admitted) {
      answer_json(reply, 200, body);
    }
    answer(reply);
  };
}

/// /test and /limit: limited by the request's own method and path.
void limited(const Middleware& middleware, const PlainRequest& request, const Answer& answer) {
  Reply reply;
  const auto caller = middleware.identify(request.head.fields, reply);
  if (!caller) {
    return answer(reply);
  }
  middleware.admit_later(*caller, {.method = request.head.method, .path = request.path},
                         kTooManyRequests,
                         then_say(answer, {{"ok", true}, {"path", request.path}}));
}

/// GET /ping?user_id=alice: limited by that id, in the tier of [anonymous].
void ping(const Middleware& middleware, const PolicyRegister& policies, const PlainRequest& request,
          const Answer& answer) {
  const auto policy = policies.snapshot();
  if (!policy->anonymous_tier) {
    return answer(refused(404, "callers without a key are not let in by this policy"));
  }
  const httplib::Params query = query_of(request.head.target);
  const auto told = query.find("user_id");
  const std::string id = told == query.end() ? "" : told->second;
  if (id.empty() || id.size() > kLongestUserId || query.count("user_id") > 1) {
    return answer(refused(400, "name the caller once, as ?user_id= and 1 to 256 bytes"));
  }
  middleware.admit_later(anonymous_caller(id, *policy->anonymous_tier),
                         {.method = request.head.method, .path = request.path}, kTooManyRequests,
                         then_say(answer, {{"ok", true}, {"user_id", id}}));
}

/// /v1/check: the decision alone, for a proxy that asks before it forwards.
void check(const Middleware& middleware, const TrustedProxies& trusted, const PlainRequest& request,
           const Answer& answer) {
  Reply reply;
  const auto asked = parse_check_request(request, trusted);
  if (!asked) {
    rl::http::answer(reply, asked.error());
    return answer(reply);
  }
  const auto caller = middleware.identify(request.head.fields, reply);
  if (!caller) {
    return answer(reply);
  }
  const RequestTarget target{.method = asked->method, .path = asked->path, .cost = asked->cost};
  middleware.admit_later(
      *caller, target, asked->denied_status,
      [answer, tier = caller->tier, user = caller->user_id](bool admitted, Reply told) {
        if (admitted) {
          told.fields.emplace_back("X-RateLimit-Tier", tier);
          told.fields.emplace_back("X-RateLimit-User", std::to_string(user));
          told.content_type = "application/json";
          told.body = "{\"allowed\":true}\n";
        }
        answer(told);
      });
}

}  // namespace

void mount_data_api(Server& server, const Middleware& middleware, const PolicyRegister& policies,
                    const TrustedProxies& trusted) {
  const auto limiting = [&middleware](const PlainRequest& request, const Answer& answer) {
    limited(middleware, request, answer);
  };
  server.plain("GET", "/test", limiting);
  server.plain("GET", "/limit", limiting);
  server.plain("GET", "/ping",
               [&middleware, &policies](const PlainRequest& request, const Answer& answer) {
                 ping(middleware, policies, request, answer);
               });
  const auto checking = [&middleware, trusted](const PlainRequest& request, const Answer& answer) {
    check(middleware, trusted, request, answer);
  };
  server.plain("GET", "/v1/check", checking);
  server.plain("POST", "/v1/check", checking);
}

}  // namespace rl::http
