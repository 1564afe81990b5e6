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

  /// Takes the whole response to a request that is Served::kCompleted, once, on any thread, before
  /// or after that was returned. Afterwards neither the sink nor the request is there any more.
  virtual void complete(std::string response) = 0;
};

/// One complete checked request that is to be answered.
struct Exchange {
  const RequestHead& head;
  const std::string& body;
  const Ends& ends;
  bool last;  ///< the connection ends after the response, which has to say so
  ResponseSink& sink;
};

enum class Served {
  kWritten,    ///< the response is in the sink
  kFailed,     ///< it could not be written: the connection has to end
  kCompleted,  ///< it comes, or came, through ResponseSink::complete(); until then no thread waits
};

/// What became of a response that was put into the sink.
inline Served written(bool taken) {
  return taken ? Served::kWritten : Served::kFailed;
}

/// Answers one request. Called from several threads at a time.
using Serve = std::function<Served(const Exchange&)>;

}  // namespace rl::http
