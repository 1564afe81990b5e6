#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "rl/http/gateway/curl_loop.h"
#include "rl/http/gateway/upstreams.h"
#include "rl/http/middleware.h"
#include "rl/http/streamed.h"
#include "rl/http/trusted_proxies.h"
#include "rl/metrics/http_metrics.h"
#include "rl/metrics/upstream_metrics.h"

namespace rl::http {

/// ANY /proxy/{path}: decides about a request as soon as its head is there, and passes an admitted
/// one on to an upstream, with its body and its response as streams. What is under way takes no
/// thread of the listener: it runs on a few threads of its own, of which none waits for anybody.
/// What it is given outlives it; it outlives its server, which stops it.
class Gateway final : public StreamedHandler {
 public:
  struct Options {
    std::vector<UpstreamUrl> upstreams;  ///< at least one
    TrustedProxies trusted = {};
    UpstreamPatience patience = {};
    std::string ca_file = {};  ///< PEM: the authorities of https upstreams, instead of the system's
    std::size_t most_in_flight = 1024;  ///< requests under way; one more gets 503
    std::size_t threads = 2;
    bool pass_api_key = false;
    bool log_requests = false;
  };

  struct Parts {
    const Middleware& middleware;
    HttpMetrics& http;
    const Log& log;
  };

  Gateway(const Options& options, const Parts& parts);
  ~Gateway() override;

  bool takes(const RequestHead& head) const override;
  void decide(const Arrival& arrival) override;
  void begin(std::shared_ptr<Admitted> admitted, ClientStream& client) override;
  void stop() override;

  const UpstreamMetrics& metrics() const { return metrics_; }
  const Upstreams& upstreams() const { return upstreams_; }
  std::size_t in_flight() const { return shared_.in_flight.load(std::memory_order_relaxed); }

 private:
  std::optional<Caller> let_in(const Arrival& arrival, GatewaySlot& slot, Reply& reply);
  void reject(const Arrival& arrival, Instant begin, const Reply& reply) const;

  const Options options_;
  const Middleware& middleware_;
  const SystemClock clock_;  // as the server: sockets live in real time
  UpstreamMetrics metrics_;
  Upstreams upstreams_;
  GatewayShared shared_;
  std::atomic<std::size_t> next_loop_{0};  // relaxed: any loop will do
  std::vector<std::unique_ptr<CurlLoop>> loops_;
};

}  // namespace rl::http
