#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "rl/http/exchange.h"
#include "rl/http/reply.h"
#include "rl/metrics/http_metrics.h"

namespace rl::http {

/// A request as it came in.
struct PlainRequest {
  const RequestHead& head;
  const Ends& ends;
  std::string_view path;  ///< decoded, without the query
};

/// Has a request answered: to be called once, on any thread.
using Answer = std::function<void(const Reply&)>;

/// Answers a request, now or later; it may throw as long as it has not. The request is good until
/// the handler returns.
using PlainHandler = std::function<void(const PlainRequest&, const Answer&)>;

/// The routes that are answered without httplib: those of which each request is a decision and
/// little else, so that taking it apart would cost more than answering it. Routes are added before
/// the first request; after that safe from several threads.
class PlainRoutes {
 public:
  /// What to answer when the handler of that path threw.
  using OnFailure = std::function<Reply(std::string_view path)>;

  /// `clock`, for the header Date, and `metrics`, if any, outlive it. `keep_alive`: what Keep-Alive
  /// says.
  PlainRoutes(const Clock& clock, std::string keep_alive, HttpMetrics* metrics,
              OnFailure on_failure)
      : clock_(clock),
        keep_alive_(std::move(keep_alive)),
        metrics_(metrics),
        on_failure_(std::move(on_failure)) {}

  /// Has requests for exactly this path answered, and counted. HEAD follows GET.
  void add(const std::string& method, const std::string& path, PlainHandler handler);

  /// Has a request answered, now or later. False: it is for none of these routes.
  bool serve(const Exchange& exchange) const;

 private:
  struct Route {
    PlainHandler handler;
    RouteMetrics* metrics = nullptr;
  };

  const Route* find(std::string_view method, const std::string& path) const;
  Answer answer_to(const Exchange& exchange, const Route& route) const;

  const Clock& clock_;
  const std::string keep_alive_;
  HttpMetrics* const metrics_;
  const OnFailure on_failure_;
  std::unordered_map<std::string, std::map<std::string, Route, std::less<>>>
      routes_;  ///< by path and method
};

}  // namespace rl::http
