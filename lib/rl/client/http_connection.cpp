#include "rl/client/http_connection.h"

#include <fmt/core.h>
#include <httplib.h>
#include <signal.h>
#include <strings.h>

#include <ctime>

#include "rl/base/duration.h"

namespace rl::client {
namespace {

/// More than any reply we want; a bound, so that a wrong peer cannot fill the memory.
constexpr std::size_t kLargestBody = std::size_t{16} << 20U;

/// Keeps SIGPIPE from this thread while it lives: httplib 0.11 looks whether the peer is there and
/// then sends without MSG_NOSIGNAL; a peer that goes in between must not end the program.
class PipeSignalBlock {
 public:
  PipeSignalBlock() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  PipeSignalBlock(const PipeSignalBlock&) = delete;
  PipeSignalBlock& operator=(const PipeSignalBlock&) = delete;
  ~PipeSignalBlock() {
    const timespec no_wait{};
    sigtimedwait(&pipe_, nullptr, &no_wait);  // what is pending would strike when unblocked
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

httplib::Request to_httplib(const HttpRequest& request) {
  httplib::Request out;
  out.method = request.method;
  out.path = request.target;
  for (const auto& [name, value] : request.headers) {
    out.headers.emplace(name, value);
  }
  if (!request.content_type.empty()) {
    out.headers.emplace("Content-Type", request.content_type);
  }
  out.body = request.body;
  return out;
}

std::unique_ptr<httplib::ClientImpl> client_of(const Address& peer,
                                               const std::optional<TlsOptions>& tls) {
  if (!tls) {
    return std::make_unique<httplib::ClientImpl>(peer.host, peer.port);
  }
  auto client = std::make_unique<httplib::SSLClient>(peer.host, peer.port, tls->certificate_file,
                                                     tls->key_file);
  client->enable_server_certificate_verification(true);
  if (!tls->ca_file.empty()) {
    client->set_ca_cert_path(tls->ca_file);
  }
  return client;
}

}  // namespace

std::optional<std::string_view> HttpReply::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field.size() == name.size() && ::strncasecmp(field.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

struct HttpConnection::State {
  State(const Address& to, Micros limit, const std::optional<TlsOptions>& options)
      : peer(to.to_string()), timeout(limit), tls(options), client(client_of(to, options)) {
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    client->set_follow_location(false);
    client->set_url_encode(false);
    client->set_decompress(false);
    client->set_connection_timeout(timeout);
    client->set_read_timeout(timeout);
    client->set_write_timeout(timeout);
  }

  /// What `error` means to a person, `waited` after the request began.
  Failure<Error> explain(httplib::Error error, Micros waited) const {
    const std::string patience =
        format_duration(std::chrono::ceil<std::chrono::milliseconds>(timeout));
    switch (error) {
      case httplib::Error::Connection:
        return fail(fmt::format("cannot connect to {}", peer),
                    "check the address, and that the server is running");
      case httplib::Error::ConnectionTimeout:
        return fail(fmt::format("cannot connect to {} within {}", peer, patience),
                    "check the address, and whether a firewall drops the packets");
      case httplib::Error::SSLConnection:
        return fail(fmt::format("{} does not take part in TLS", peer),
                    "check that it speaks https, and whether it asks for a client certificate");
      case httplib::Error::SSLLoadingCerts:
        return fail("the file of trusted authorities cannot be used", "it is a PEM file");
      case httplib::Error::SSLServerVerification:
        return fail(fmt::format("the certificate of {} is not to be trusted", peer),
                    "it has to be valid now and for this host, and of an authority in the CA file");
      case httplib::Error::Canceled:
        return fail(fmt::format("{} sent a reply of more than {} MiB", peer, kLargestBody >> 20U));
      default:
        break;
    }
    // httplib tells a read or write that timed out from one that broke by nothing but its length.
    if (waited >= timeout) {
      return fail(fmt::format("{} did not answer within {}", peer, patience),
                  "it may be overloaded; a longer timeout may help");
    }
    return fail(error == httplib::Error::Write
                    ? fmt::format("{} closed the connection while the request was sent", peer)
                    : fmt::format("{} closed the connection without a complete reply", peer),
                tls ? "it may want a certificate of ours, or another one"
                    : "check that it speaks HTTP, and that it is not being stopped");
  }

  std::string peer;
  Micros timeout;
  std::optional<TlsOptions> tls;
  SystemClock clock;
  std::unique_ptr<httplib::ClientImpl> client;
};

HttpConnection::HttpConnection(const Address& peer, Micros timeout)
    : HttpConnection(peer, timeout, std::nullopt) {}
HttpConnection::HttpConnection(const Address& peer, Micros timeout, const TlsOptions& tls)
    : HttpConnection(peer, timeout, std::optional(tls)) {}
HttpConnection::HttpConnection(const Address& peer, Micros timeout,
                               const std::optional<TlsOptions>& tls)
    : state_(std::make_unique<State>(peer, timeout, tls)) {}
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;
HttpConnection::~HttpConnection() = default;

Result<HttpReply> HttpConnection::send(const HttpRequest& request) {
  HttpReply reply;
  httplib::Request outgoing = to_httplib(request);
  outgoing.content_receiver = [&body = reply.body](const char* data, std::size_t size,
                                                   std::uint64_t, std::uint64_t) {
    if (size > kLargestBody - body.size()) {
      return false;
    }
    body.append(data, size);
    return true;
  };

  if (!state_->client->is_valid()) {
    return fail("our TLS certificate or its key cannot be used",
                "both are PEM files, and the key is that of the certificate");
  }
  httplib::Response incoming;
  httplib::Error error = httplib::Error::Success;
  const PipeSignalBlock block;
  const Instant begin = state_->clock.now();
  if (!state_->client->send(outgoing, incoming, error)) {
    return state_->explain(error, state_->clock.now() - begin);
  }
  reply.status = incoming.status;
  reply.headers.assign(incoming.headers.begin(), incoming.headers.end());
  return reply;
}

}  // namespace rl::client
