#include "rl/http/plain_routes.h"

#include "rl/http/httplib_adapter.h"

namespace rl::http {

void PlainRoutes::add(const std::string& method, const std::string& path, PlainHandler handler) {
  routes_[path][method] = {.handler = std::move(handler),
                           .metrics = metrics_ == nullptr ? nullptr : &metrics_->route(path)};
}

bool PlainRoutes::serve(const Exchange& exchange) const {
  const RequestHead& head = exchange.head;
  const std::string path = path_of(head.target);
  const Route* const route = find(head.method, path);
  if (route == nullptr) {
    return false;
  }
  const Answer answer = answer_to(exchange, *route);
  try {
    route->handler({.head = head, .ends = exchange.ends, .path = path}, answer);
  } catch (...) {
    answer(on_failure_(path));
  }
  return true;
}

Answer PlainRoutes::answer_to(const Exchange& exchange, const Route& route) const {
  const Instant begin = route.metrics == nullptr ? Instant{} : metrics_->clock().now();
  return [this, &route, &head = exchange.head, last = exchange.last, &sink = exchange.sink,
          begin](const Reply& reply) {
    if (route.metrics != nullptr) {
      route.metrics->record(head.method, reply.status, metrics_->clock().now() - begin);
    }
    sink.complete(reply_text(reply, {.at = clock_.wall_now(),
                                     .head_only = head.method == "HEAD",
                                     .last = last,
                                     .keep_alive = keep_alive_}));
  };
}

const PlainRoutes::Route* PlainRoutes::find(std::string_view method,
                                            const std::string& path) const {
  const auto methods = routes_.find(path);
  if (methods == routes_.end()) {
    return nullptr;
  }
  const auto route = methods->second.find(method == "HEAD" ? "GET" : method);
  return route == methods->second.end() ? nullptr : &route->second;
}

}  // namespace rl::http
