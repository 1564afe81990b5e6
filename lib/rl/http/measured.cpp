#include "rl/http/measured.h"

#include <utility>

namespace rl::http {

httplib::Server::Handler measured(RouteMetrics& metrics, const Clock& clock,
                                  httplib::Server::Handler handler) {
  return [&metrics, &clock, handler = std::move(handler)](const httplib::Request& request,
                                                          httplib::Response& response) {
    const Instant begin = clock.now();
    try {
      handler(request, response);
    } catch (...) {
      metrics.record(request.method, 500, clock.now() - begin);
      throw;
    }
    const int status = response.status > 0 ? response.status : 200;  // as httplib will say
    metrics.record(request.method, status, clock.now() - begin);
  };
}

}  // namespace rl::http
