#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rl/http/gateway/upstream_request.h"
#include "rl/http/gateway/upstream_url.h"
#include "rl/http/streamed.h"

namespace rl::http {

/// What a call tells and asks while it runs.
class CallEvents {
 public:
  enum class Taken { kAll, kLater, kNever };

  virtual ~CallEvents() = default;

  /// A connection is there and the request is about to be sent, maybe again, because a connection
  /// that was kept open turned out to be dead. False ends the call.
  virtual bool may_send() = 0;

  /// One line of a head, with its line end. False ends the call.
  virtual bool head_line(std::string_view line) = 0;

  /// A piece of the response's body, with its chunks as they came. kLater: none of it was taken,
  /// and no more comes until resume().
  virtual Taken body(std::string_view bytes) = 0;

  /// The next piece of the request's body. After kNothing it is asked for again at resume();
  /// kBroken ends the call.
  virtual ClientStream::Piece next_body(char* into, std::size_t room) = 0;
};

/// How a call ended.
enum class CallEnd {
  kDone,            ///< with a whole response, as far as its framing tells
  kNotConnected,    ///< nothing was sent
  kConnectTimeout,  ///< the same
  kNoTls,           ///< the same: the handshake failed
  kNotTrusted,      ///< the same: by its certificate it is not who was meant
  kClosed,          ///< the upstream ended the connection
  kBadResponse,
  kStopped,  ///< by an answer of CallEvents
};

/// One request to one upstream, by libcurl. Made once and set up again and again. Run by a
/// CurlLoop, on the thread of that.
class CurlCall {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout;
    const std::string& ca_file;  ///< PEM; empty: the authorities of the system
  };

  explicit CurlCall(const Options& options);
  CurlCall(const CurlCall&) = delete;  // libcurl has its address
  CurlCall& operator=(const CurlCall&) = delete;

  /// Events and request outlive the call; `owner` is what a CurlLoop tells of its end by.
  void set_up(const UpstreamRequest& request, const UpstreamUrl& upstream, CallEvents& events,
              void* owner);

  /// What was paused and is not in here any more goes on.
  struct Paused {
    bool sending = false;
    bool receiving = false;
  };
  void resume(const Paused& still_paused);

  CURL* handle() const { return easy_.get(); }

  static CallEnd end_of(CURLcode code);

  /// What libcurl says of the failure that the call ended with; for the log.
  std::string why(CURLcode code) const;

 private:
  void set_up_tls(const std::string& ca_file);
  void set_up_url(const UpstreamRequest& request, const UpstreamUrl& upstream);
  void set_up_method(const UpstreamRequest& request);
  void set_up_fields(const UpstreamRequest& request);
  void add_line(std::initializer_list<std::string_view> parts);

  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };
  CallEvents* events_ = nullptr;  ///< of the call that runs
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::string origin_;                   ///< of the upstream that it was set up for last
  std::unique_ptr<CURLU, FreeUrl> url_;  ///< the same, taken apart
  std::string lines_;                    ///< of fields, each with a zero byte behind it
  std::vector<std::size_t> begins_;      ///< of them
  std::vector<curl_slist> list_;         ///< the same as libcurl takes it
  std::unique_ptr<CURL, FreeEasy> easy_;
};

}  // namespace rl::http
