#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "rl/metrics/histogram.h"

namespace rl {

/// Why a request that went to an upstream has no proper response.
enum class UpstreamError {
  kConnect,           ///< no address could be connected to
  kConnectTimeout,    ///< the same, for lack of an answer
  kTls,               ///< the same, the TLS handshake failed
  kCertificate,       ///< the same, its certificate is not one to be trusted
  kFirstByteTimeout,  ///< the head of the response did not come in time
  kTotalTimeout,      ///< the whole response did not
  kClosed,            ///< it closed the connection before its response
  kFraming,           ///< its response could not be passed on
  kCut,               ///< it closed the connection within its response
  kPoolFull,          ///< it was not asked: too many requests were under way
};

/// What is counted of requests to upstreams. Safe from several threads.
class UpstreamMetrics {
 public:
  static constexpr std::array<std::string_view, 10> kErrors = {
      "connect",       "connect_timeout", "tls",     "certificate", "first_byte_timeout",
      "total_timeout", "closed",          "framing", "cut",         "pool_full"};

  void count(UpstreamError error) {
    errors_[static_cast<std::size_t>(error)].fetch_add(1, std::memory_order_relaxed);
  }
  void count_retry() { retries_.fetch_add(1, std::memory_order_relaxed); }

  std::uint64_t errors(UpstreamError error) const {
    return errors_[static_cast<std::size_t>(error)].load(std::memory_order_relaxed);
  }
  std::uint64_t retries() const { return retries_.load(std::memory_order_relaxed); }

  /// From the begin of a request until the head of its response.
  Histogram& head_time() { return head_time_; }
  const Histogram& head_time() const { return head_time_; }

 private:
  // Relaxed: each is a number of its own and publishes nothing else.
  std::array<std::atomic<std::uint64_t>, kErrors.size()> errors_{};
  std::atomic<std::uint64_t> retries_{0};
  Histogram head_time_;
};

}  // namespace rl
