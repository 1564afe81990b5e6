#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "rl/http/request_head.h"

namespace rl::http {

/// The addresses of the two ends of a connection, as text.
struct Ends {
  std::string peer_ip;
  int peer_port = 0;
  std::string local_ip;
  int local_port = 0;
  bool tls = false;
};

/// Where the bytes of a response go.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;

  /// Takes all of it. False: the peer is gone or takes nothing more.
  virtual bool write(std::string_view bytes) = 0;
};

/// One complete checked request that is to be answered.
struct Exchange {
  const RequestHead& head;
  const std::string& body;
  const Ends& ends;
  bool last;  ///< the connection ends after the response, which has to say so
  ResponseSink& sink;
};

/// Answers one request. False: the response could not be written, the connection has to end. Called
/// from several threads at a time.
using Serve = std::function<bool(const Exchange&)>;

}  // namespace rl::http
