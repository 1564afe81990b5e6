#pragma once

#include <httplib.h>

#include <functional>
#include <span>

#include "rl/admission/admission.h"
#include "rl/http/header_groups.h"
#include "rl/http/problem.h"
#include "rl/http/request_head.h"
#include "rl/identity/identity.h"

namespace rl::http {

/// Puts handlers of any httplib::Server behind the limits:
///   server.Get("/test", middleware.limit(handler));
/// The caller is found by its API key; the handler runs only when the request was admitted, and
/// its response carries the rate-limit headers. Everything else is answered here: 400, 401, 429.
/// Safe from several threads. What it is given outlives it.
class Middleware {
 public:
  Middleware(const Identity& identity, const Admission& admission, DecisionCounters& counters,
             const HeaderGroups& headers = {})
      : identity_(identity), admission_(admission), counters_(counters), headers_(headers) {}

  /// Limits by API key, on the request's own method and path.
  httplib::Server::Handler limit(httplib::Server::Handler handler) const;

  /// The caller behind the request's API key. Nothing: the response says why (400, 401,
  /// 503).
  std::optional<Caller> identify(const httplib::Request& request,
                                 httplib::Response& response) const;
  std::optional<Caller> identify(std::span<const Field> fields, Reply& reply) const;

  /// Decides and counts, and writes the headers. Whether the request was admitted; otherwise the
  /// response is complete. `denied_status` stands in for 429 where a proxy can pass nothing else.
  bool admit(const Caller& caller, const RequestTarget& target, httplib::Response& response,
             int denied_status = 429) const;
  /// A Reply has no fields but those afterwards.
  bool admit(const Caller& caller, const RequestTarget& target, Reply& reply,
             int denied_status = 429) const;

  /// Hears whether the request was admitted, and has the Reply as admit() leaves it.
  using Admitted = std::function<void(bool admitted, Reply reply)>;

  /// admit() without waiting for a store that other processes share: `then` is called once, on any
  /// thread, maybe before this returns, and itself waits for nothing.
  void admit_later(Caller caller, const RequestTarget& target, int denied_status,
                   Admitted then) const;

 private:
  bool tell(const Result<Outcome>& outcome, Reply& reply, int denied_status) const;
  std::optional<Caller> find(const Result<std::string, Problem>& key, Reply& reply) const;

  const Identity& identity_;
  const Admission& admission_;
  DecisionCounters& counters_;
  const HeaderGroups headers_;
};

}  // namespace rl::http
