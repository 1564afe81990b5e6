#include "rl/http/data_api.h"

#include "rl/http/check_request.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

constexpr std::size_t kLongestUserId = 256;

Reply refused(int status, std::string detail) {
  Reply reply;
  answer(reply, {.status = status, .title = {}, .detail = std::move(detail)});
  return reply;
}

/// /test and /limit: limited by the request's own method and path.
Reply limited(const Middleware& middleware, const PlainRequest& request) {
  Reply reply;
  const auto caller = middleware.identify(request.head.fields, reply);
  if (caller &&
      middleware.admit(*caller, {.method = request.head.method, .path = request.path}, reply)) {
    answer_json(reply, 200, {{"ok", true}, {"path", request.path}});
  }
  return reply;
}

/// GET /ping?user_id=alice: limited by that id, in the tier of [anonymous].
Reply ping(const Middleware& middleware, const PolicyRegister& policies,
           const PlainRequest& request) {
  const auto policy = policies.snapshot();
  if (!policy->anonymous_tier) {
    return refused(404, "callers without a key are not let in by this policy");
  }
  const httplib::Params query = query_of(request);
  const auto told = query.find("user_id");
  const std::string id = told == query.end() ? "" : told->second;
  if (id.empty() || id.size() > kLongestUserId || query.count("user_id") > 1) {
    return refused(400, "name the caller once, as ?user_id= and 1 to 256 bytes");
  }
  Reply reply;
  const Caller caller = anonymous_caller(id, *policy->anonymous_tier);
  if (middleware.admit(caller, {.method = request.head.method, .path = request.path}, reply)) {
    answer_json(reply, 200, {{"ok", true}, {"user_id", id}});
  }
  return reply;
}

/// /v1/check: the decision alone, for a proxy that asks before it forwards.
Reply check(const Middleware& middleware, const TrustedProxies& trusted,
            const PlainRequest& request) {
  Reply reply;
  const auto asked = parse_check_request(request, trusted);
  if (!asked) {
    answer(reply, asked.error());
    return reply;
  }
  const auto caller = middleware.identify(request.head.fields, reply);
  if (!caller) {
    return reply;
  }
  const RequestTarget target{.method = asked->method, .path = asked->path, .cost = asked->cost};
  if (middleware.admit(*caller, target, reply, asked->denied_status)) {
    reply.fields.emplace_back("X-RateLimit-Tier", caller->tier);
    reply.fields.emplace_back("X-RateLimit-User", std::to_string(caller->user_id));
    reply.content_type = "application/json";
    reply.body = "{\"allowed\":true}\n";
  }
  return reply;
}

}  // namespace

void mount_data_api(Server& server, const Middleware& middleware, const PolicyRegister& policies,
                    const TrustedProxies& trusted) {
  const auto limiting = [&middleware](const PlainRequest& request) {
    return limited(middleware, request);
  };
  server.plain("GET", "/test", limiting);
  server.plain("GET", "/limit", limiting);
  server.plain("GET", "/ping", [&middleware, &policies](const PlainRequest& request) {
    return ping(middleware, policies, request);
  });
  const auto checking = [&middleware, trusted](const PlainRequest& request) {
    return check(middleware, trusted, request);
  };
  server.plain("GET", "/v1/check", checking);
  server.plain("POST", "/v1/check", checking);
}

}  // namespace rl::http
