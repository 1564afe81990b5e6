#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/base/result.h"

namespace rl::client {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// How to speak TLS: whom to trust, and what to show a peer that asks who we are. All PEM files.
struct TlsOptions {
  std::string ca_file = {};           ///< of trusted authorities; empty: those of the system
  std::string certificate_file = {};  ///< ours; empty: none
  std::string key_file = {};          ///< of our certificate
};

struct HttpRequest {
  std::string method = "GET";  ///< GET, HEAD, POST, PUT, PATCH or DELETE
  std::string target = "/";    ///< path and query
  HeaderList headers = {};
  std::string body = {};
  std::string content_type = {};  ///< of the body
};

struct HttpReply {
  int status = 0;
  HeaderList headers;
  std::string body;

  /// The first field of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// One keep-alive HTTP/1.1 connection, plain or over TLS, opened when first used and again when the
/// peer closed it. Never follows redirects. Not safe from several threads: one connection, one
/// thread.
class HttpConnection {
 public:
  /// `timeout` bounds connecting, and each read and write.
  HttpConnection(const Address& peer, Micros timeout);

  /// Over TLS: 1.2 or later, with a certificate of the peer that is valid for its host.
  HttpConnection(const Address& peer, Micros timeout, const TlsOptions& tls);

  /// Over TLS if there are options for it.
  HttpConnection(const Address& peer, Micros timeout, const std::optional<TlsOptions>& tls);
  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;
  ~HttpConnection();

  /// Sends the request and waits for the reply. Any status is a reply; an Error says that there was
  /// none: refused, timed out, broken.
  Result<HttpReply> send(const HttpRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rl::client
