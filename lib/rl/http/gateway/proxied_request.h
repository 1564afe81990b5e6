#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/log.h"
#include "rl/base/random.h"
#include "rl/http/chunked_body.h"
#include "rl/http/gateway/curl_call.h"
#include "rl/http/gateway/upstream_response.h"
#include "rl/http/gateway/upstreams.h"
#include "rl/http/trusted_proxies.h"
#include "rl/metrics/http_metrics.h"
#include "rl/metrics/upstream_metrics.h"

namespace rl::http {

/// How long what may take at an upstream.
struct UpstreamPatience {
  std::chrono::milliseconds connect{2000};  ///< for each address that is tried
  std::chrono::milliseconds first_byte{
      30'000};  ///< from the end of the request to the response's head
  std::chrono::milliseconds total{3'600'000};
};

/// What all proxied requests share; outlives them.
struct GatewayShared {
  Upstreams& upstreams;
  UpstreamMetrics& metrics;
  RouteMetrics& route;
  const Clock& clock;
  const Log& log;
  UpstreamPatience patience;
  std::string ca_file;  ///< as in Gateway::Options, as the next
  TrustedProxies trusted = {};
  bool pass_api_key = false;
  bool log_requests = false;                   ///< a line for each, at level debug
  SeededRandom random{SystemRandom().next()};  ///< of traces, which are no secrets
  std::atomic<std::size_t> in_flight{0};       ///< relaxed: a bound, nothing hangs on its order
};

/// A place among the requests that may be under way; taken until it is given up or destroyed.
class GatewaySlot {
 public:
  GatewaySlot() = default;
  GatewaySlot(GatewaySlot&& other) noexcept
      : in_flight_(std::exchange(other.in_flight_, nullptr)) {}
  GatewaySlot& operator=(GatewaySlot&& other) noexcept {
    std::swap(in_flight_, other.in_flight_);
    return *this;
  }
  ~GatewaySlot() { give_up(); }

  /// One that is not taken when there are `most` already.
  static GatewaySlot take(std::atomic<std::size_t>& in_flight, std::size_t most);

  bool is_taken() const { return in_flight_ != nullptr; }
  void give_up();

 private:
  explicit GatewaySlot(std::atomic<std::size_t>& in_flight) : in_flight_(&in_flight) {}

  std::atomic<std::size_t>* in_flight_ = nullptr;
};

/// A request that may go to the upstream.
struct AdmittedProxy final : Admitted {
  HeaderFields limits;  ///< that go with its response
  Instant begin;        ///< when its head had come
  std::uint64_t user_id = 0;
  std::string tier;
  GatewaySlot slot;
};

/// One request between its client and an upstream: passes bodies on in both directions, holds no
/// more of them than kMostUnsent, and decides what becomes of failures. It waits for nothing: a
/// loop tells it what happened and does what it wants. Used by the thread of that alone.
class ProxiedRequest final : public CallEvents {
 public:
  /// What is held of a response for a client that is slow, in bytes, before the upstream waits.
  static constexpr std::size_t kMostUnsent = std::size_t{256} << 10U;

  ProxiedRequest(std::shared_ptr<AdmittedProxy> admitted, ClientStream& client,
                 GatewayShared& shared);

  /// Called whenever the call has changed something that settle() looks at.
  void on_change(std::function<void()> listener) { changed_ = std::move(listener); }

  bool may_send() override;
  bool head_line(std::string_view line) override;
  Taken body(std::string_view bytes) override;
  ClientStream::Piece next_body(char* into, std::size_t room) override;

  /// Picks an upstream that was not tried.
  const UpstreamUrl& next_upstream();

  /// The call ended, and why for the log. True: another upstream is to be tried.
  bool end_call(CallEnd end, const std::string& why);

  /// Whether libcurl had to send it no more than once.
  bool sent_once() const { return sends_ == 1; }

  /// Something happened at the client's socket, as epoll tells it.
  void on_client(std::uint32_t events);

  /// Looks at the deadlines.
  void on_tick(Instant now);

  /// Sends what the client takes. True: the call can go on, resume it as still_paused() says.
  bool settle();
  CurlCall::Paused still_paused() const { return {sending_paused_, receiving_paused_}; }

  /// The events of the client's socket that are waited for, as epoll has them.
  std::uint32_t interest() const;

  bool over() const { return over_; }

  /// Counts it and frees its place. Done before the client has the end of the response, so that it
  /// finds both done when it goes on.
  void conclude();

  /// Gives the client back. Precondition: over, or to be cut.
  void give_back();

  const UpstreamRequest& request() const { return request_; }
  ClientStream& client() { return client_; }

 private:
  void begin_response();
  bool take_chunks(std::string_view bytes);
  void pass_on(std::string_view content);
  bool has_all_of_response() const;
  bool try_another(UpstreamError error, const std::string& why);
  void fail(UpstreamError error);
  void answer(int status, std::string detail);
  void stop(ClientStream::End end) { over_ = true, end_ = end; }
  void finish() { stop(last_ ? ClientStream::End::kLast : ClientStream::End::kWhole); }
  void see_whether_body_is_wanted();
  void client_has_gone();
  void record();

  const std::shared_ptr<AdmittedProxy> admitted_;
  ClientStream& client_;
  GatewayShared& shared_;
  const UpstreamRequest request_;
  UpstreamResponse response_;
  std::function<void()> changed_ = [] {};
  std::vector<std::size_t> tried_;     ///< upstreams, the last is the one that is asked
  int sends_ = 0;                      ///< of the request
  bool body_begun_ = false;            ///< bytes of it have been taken from the client
  bool responding_ = false;            ///< the client has the head of a response
  int status_ = 0;                     ///< that the client got
  bool chunked_ = false;               ///< how it gets the body
  std::size_t passed_ = 0;             ///< bytes of the body
  std::optional<ChunkedBody> chunks_;  ///< of the upstream
  std::string content_;                ///< of the latest of them
  bool last_ = false;
  bool sending_paused_ = false;    ///< until there is more of the client's body
  bool left_body_ = false;         ///< libcurl has not asked for that for a while
  bool receiving_paused_ = false;  ///< until the client has taken more
  bool resume_ = false;
  std::optional<Instant> connected_;  ///< or the last time since that the body moved
  std::optional<UpstreamError> error_;
  bool over_ = false;
  ClientStream::End end_ = ClientStream::End::kCut;
};

}  // namespace rl::http
