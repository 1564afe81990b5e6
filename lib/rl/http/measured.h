#pragma once

#include <httplib.h>

#include "rl/metrics/http_metrics.h"

namespace rl::http {

/// The handler, with each of its requests recorded: method, status, and how long it ran. Metrics
/// and clock outlive it.
httplib::Server::Handler measured(RouteMetrics& metrics, const Clock& clock,
                                  httplib::Server::Handler handler);

}  // namespace rl::http
