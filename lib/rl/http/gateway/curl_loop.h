#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rl/base/clock.h"
#include "rl/base/descriptor.h"
#include "rl/base/wakener.h"
#include "rl/http/gateway/curl_call.h"
#include "rl/http/gateway/proxied_request.h"

namespace rl::http {

/// Runs proxied requests on one thread: waits for all their sockets, those of upstreams and those
/// of clients, and has libcurl and the requests do what can be done without waiting. Keeps
/// connections to upstreams open for the next requests.
class CurlLoop {
 public:
  /// Clock and shared parts outlive it.
  CurlLoop(GatewayShared& shared, const Clock& clock);
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;
  ~CurlLoop();

  /// Takes a client and its request over; from any thread. After stop() it is cut at once.
  void take(std::shared_ptr<AdmittedProxy> admitted, ClientStream& client);

  /// Cuts what is under way and ends the thread.
  void stop();

 private:
  struct Lent {
    std::shared_ptr<AdmittedProxy> admitted;
    ClientStream* client;
  };

  /// A request, and what this loop has for it.
  struct Entry {
    Entry(Lent lent, GatewayShared& shared)
        : request(std::move(lent.admitted), *lent.client, shared) {}

    ProxiedRequest request;
    std::unique_ptr<CurlCall> call;
    std::uint32_t interest = 0;  ///< as epoll knows it
    bool in_multi = false;       ///< the call runs
    bool is_touched = false;     ///< something happened that settle() has to look at
    bool is_aged = false;        ///< it has seen a tick
  };

  void run();
  void take_new();
  void dispatch(std::uint64_t tag, std::uint32_t events);
  void run_curl(curl_socket_t socket, int events);
  void collect_ends();
  void run_timers();
  void settle_touched();
  void settle(Entry& entry);
  void call(Entry& entry);
  void end_call(Entry& entry);
  void watch_client(Entry& entry);
  void end(Entry& entry);
  void touch(Entry& entry);
  int patience() const;

  static int watch_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int set_timer(CURLM* multi, long after_ms, void* self);

  struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  GatewayShared& shared_;
  const Clock& clock_;
  const Descriptor epoll_;
  const Wakener wake_;
  std::mutex mutex_;
  std::vector<Lent> new_;  // guarded by mutex_, as the next
  bool stopping_ = false;
  // Of the thread alone:
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::optional<Instant> curl_due_;
  Instant ticked_;
  std::unordered_map<Entry*, std::unique_ptr<Entry>> entries_;
  std::vector<Lent> taken_;  ///< from new_
  std::vector<Entry*> touched_;
  std::vector<std::unique_ptr<Entry>> ended_;  ///< until no event of theirs can be left
  std::vector<std::unique_ptr<CurlCall>> idle_calls_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace rl::http
