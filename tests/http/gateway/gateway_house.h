#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rl/http/gateway/gateway.h"
#include "tests/http/house.h"
#include "tests/support/raw_connection.h"
#include "tests/support/upstream.h"

namespace rl::test {

inline constexpr char kWidePolicy[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1m"
base = 1000000
algorithm = "token_bucket"
[tiers.small]
[[tiers.small.limits]]
window = "1m"
base = 2
)";

/// A listener with the gateway in front of some upstreams, and everything else of the data
/// listener.
struct GatewayHouse {
  explicit GatewayHouse(const std::vector<std::string>& urls, http::Gateway::Options options = {}) {
    for (const std::string& url : urls) {
      options.upstreams.push_back(http::parse_upstream_url(url).value());
    }
    gateway = std::make_unique<http::Gateway>(
        options, http::Gateway::Parts{
                     .middleware = house.middleware, .http = http_metrics, .log = house.log});
    server = std::make_unique<http::Server>(
        http::Server::Options{
            .name = "data", .threads = 4, .metrics = &http_metrics, .streamed = gateway.get()},
        house.log);
    http::mount_data_api(*server, house.middleware, house.policies);
    address = server->bind({"127.0.0.1", 0}).value();
    server->start();
  }
  ~GatewayHouse() { server->stop(); }

  /// How often that status was recorded for that method.
  std::uint64_t recorded(std::string_view method, int status) {
    for (const auto& count : http_metrics.route("/proxy/{path}").counts()) {
      if (count.method == method && count.status == status) {
        return count.requests;
      }
    }
    return 0;
  }

  House house{policy_of(kWidePolicy)};
  HttpMetrics http_metrics{house.clock};
  std::unique_ptr<http::Gateway> gateway;
  std::unique_ptr<http::Server> server;
  Address address;
};

/// A request with the key of a demo user of the tier "free".
inline std::string proxied(const std::string& line, const std::string& fields = {},
                           const std::string& body = {}) {
  return line + " HTTP/1.1\r\nHost: gate.example\r\nX-API-Key: rlk_demo_free\r\n" + fields +
         "\r\n" + body;
}

/// Whether the head has that field line.
inline bool has_line(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace rl::test
