#include "rl/client/readiness.h"

#include <fmt/core.h>

#include "rl/client/record_json.h"

namespace rl::client {

AdminResult<Readiness> ask_readiness(const Address& server, Micros timeout,
                                     const std::optional<TlsOptions>& tls) {
  const auto reply = HttpConnection(server, timeout, tls).send({.target = "/readyz"});
  if (!reply) {
    return admin_failure(AdminErrorKind::kUnreachable, reply.error().message, reply.error().hint);
  }
  if (reply->status == 200) {
    return Readiness{.ready = true};
  }
  const Json problem = Json::parse(reply->body, nullptr, /*allow_exceptions=*/false);
  const auto detail = problem.find("detail");
  if (reply->status == 503 && detail != problem.end() && detail->is_string()) {
    return Readiness{.ready = false, .why_not = detail->get<std::string>()};
  }
  return admin_failure(AdminErrorKind::kFailed,
                       fmt::format("{} answered, but not like a rlserver: status {}",
                                   server.to_string(), reply->status),
                       "give the address that rlserver prints as admin=HOST:PORT when it starts");
}

}  // namespace rl::client
