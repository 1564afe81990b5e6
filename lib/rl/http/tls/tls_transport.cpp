#include "rl/http/tls/tls_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace rl::http {
namespace {

/// The socket as OpenSSL sees it. Its own would write without MSG_NOSIGNAL, and a peer that goes
/// away must not end a program that mounts a listener.
int write_socket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const int socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t sent = ::send(socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

int read_socket(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const int socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t got = ::recv(socket, bytes, static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    BIO_set_retry_read(bio);
  }
  BIO_set_flags(bio, got == 0 ? BIO_FLAGS_IN_EOF : 0);
  return static_cast<int>(got);
}

long control_socket(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

/// Made at the first use and never freed: OpenSSL frees what belongs to it at the end by itself.
const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const kMethod = [] {  // NOLINT(readability-identifier-naming)
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rl");
    if (method != nullptr) {
      BIO_meth_set_write(method, write_socket);
      BIO_meth_set_read(method, read_socket);
      BIO_meth_set_ctrl(method, control_socket);
    }
    return method;
  }();
  return kMethod;
}

using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

class TlsTransport final : public Transport {
 public:
  TlsTransport(Descriptor socket, Session session)
      : Transport(std::move(socket)), session_(std::move(session)) {}
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;
  ~TlsTransport() override { say_end(); }

  Moved read(std::span<char> room) override {
    std::size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(session_.get(), room.data(), room.size(), &got) == 1) {
      return {.state = Moved::State::kSome,
              .bytes = got,
              .more = SSL_has_pending(session_.get()) == 1};  // of which epoll knows nothing
    }
    return what_went_wrong();
  }

  Moved write(std::string_view bytes) override {
    if (plain_) {
      const ssize_t sent = ::send(this->socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      return sent > 0 ? Moved{.state = Moved::State::kSome, .bytes = static_cast<std::size_t>(sent)}
                      : Moved{};
    }
    std::size_t sent = 0;
    ERR_clear_error();
    if (SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent) == 1) {
      return {.state = Moved::State::kSome, .bytes = sent};
    }
    return what_went_wrong();
  }

  void end_writing() override {
    say_end();
    ::shutdown(this->socket(), SHUT_WR);
  }

  bool is_open() const override { return SSL_is_init_finished(session_.get()) == 1; }

 private:
  Moved what_went_wrong() {
    switch (SSL_get_error(session_.get(), 0)) {
      case SSL_ERROR_WANT_READ:
        return {.state = Moved::State::kWantsRead};
      case SSL_ERROR_WANT_WRITE:
        return {.state = Moved::State::kWantsWrite};
      case SSL_ERROR_ZERO_RETURN:
        return {.state = Moved::State::kEnd};
      default:
        broken_ = true;
        plain_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
        return {.state = plain_ ? Moved::State::kNotTls : Moved::State::kFailed};
    }
  }

  /// close_notify, if it goes without waiting: without it the peer cannot tell an end from a cut.
  void say_end() {
    if (!broken_ && is_open() && !std::exchange(said_end_, true)) {
      ERR_clear_error();
      SSL_shutdown(session_.get());
    }
  }

  const Session session_;
  bool broken_ = false;  ///< OpenSSL must not be asked for anything any more
  bool plain_ = false;   ///< and what is written goes around it
  bool said_end_ = false;
};

}  // namespace

std::unique_ptr<Transport> tls_transport(Descriptor socket, ssl_ctx_st* context) {
  Session session(SSL_new(context), SSL_free);
  BIO* const bio = socket_method() == nullptr ? nullptr : BIO_new(socket_method());
  if (session == nullptr || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  // A descriptor is kept in place of a pointer, as OpenSSL leaves room for nothing else.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket.number())));
  BIO_set_init(bio, 1);
  SSL_set_bio(session.get(), bio, bio);  // which now belongs to it
  SSL_set_accept_state(session.get());
  return std::make_unique<TlsTransport>(std::move(socket), std::move(session));
}

}  // namespace rl::http
