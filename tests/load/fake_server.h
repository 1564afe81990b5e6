#pragma once

#include <httplib.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "rl/base/address.h"

namespace rl::test {

/// How a FakeServer breaks its promises.
struct FakeFaults {
  int admit_more = 0;  ///< units above (or below) the limit
  int fail_every = 0;  ///< each so-many-th request is answered 500; 0: none
  bool forget_retry_after = false;
  bool ignore_switch = false;  ///< acknowledges a change of the health and stays as it is
};

/// A limited endpoint /test with one number for all keys, and the health of an admin listener, on
/// one free port of 127.0.0.1. The window never ends: runs are shorter than it.
class FakeServer {
 public:
  FakeServer(int normal, int degraded, FakeFaults faults = {})
      : normal_(normal), degraded_(degraded), faults_(faults) {
    server_.set_keep_alive_max_count(1'000'000);
    server_.set_tcp_nodelay(true);
    server_.Get("/test", [this](const httplib::Request& request, httplib::Response& response) {
      decide(request.get_header_value("X-API-Key"), response);
    });
    server_.Post("/system/health",
                 [this](const httplib::Request& request, httplib::Response& response) {
                   switch_health(request, response);
                 });
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();  // a stop() before has no effect
    }
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer() { server_.stop(); }

  Address address() const { return {.host = "127.0.0.1", .port = port_}; }

  /// How many requests each key sent.
  std::map<std::string, int> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void decide(const std::string& key, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    ++requests_[key];
    if (faults_.fail_every > 0 && requests_[key] % faults_.fail_every == 0) {
      response.status = 500;
      return;
    }
    const int limit = is_degraded_ ? degraded_ : normal_;
    const bool admit = admitted_[key] < limit + faults_.admit_more;
    admitted_[key] += admit ? 1 : 0;
    const std::string tier = key.substr(9, key.find('.') - 9);  // rlk_demo_<tier>.<suffix>
    response.set_header("X-RateLimit-Limit", std::to_string(limit));
    response.set_header("X-RateLimit-Remaining",
                        std::to_string(std::max(0, limit - admitted_[key])));
    response.set_header("X-RateLimit-Reset", "1767225660");
    response.set_header("X-RateLimit-Context",
                        "tier=" + tier + ";state=" + (is_degraded_ ? "DEGRADED" : "NORMAL") +
                            ";health=" + std::to_string(version_) + ";policy=1;store=memory");
    response.status = admit ? 200 : 429;
    if (!admit && !faults_.forget_retry_after) {
      response.set_header("Retry-After", "60");
    }
  }

  void switch_health(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    if (request.get_header_value("Authorization") != "Bearer secret") {
      response.status = 401;
      return;
    }
    const bool degraded = request.body.find("DEGRADED") != std::string::npos;
    const int version = version_ + 1;
    if (!faults_.ignore_switch) {
      version_ = version;
      is_degraded_ = degraded;
    }
    response.set_content(
        std::string(R"({"state":")") + (degraded ? "DEGRADED" : "NORMAL") + R"(","version":)" +
            std::to_string(version) +
            R"(,"source":"manual","reason":"","by":"admin","since":"2026-01-01T00:00:00Z",)"
            R"("expires_at":null,"instances":[]})",
        "application/json");
  }

  int normal_;
  int degraded_;
  FakeFaults faults_;
  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::map<std::string, int> requests_;
  std::map<std::string, int> admitted_;
  bool is_degraded_ = false;
  int version_ = 1;
  std::jthread thread_;
};

}  // namespace rl::test
