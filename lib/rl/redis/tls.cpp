#include "rl/redis/tls.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

namespace rl::redis {
namespace {

constexpr std::size_t kRecordSize = 16384;  // the largest record

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// The last word of OpenSSL about a failure of this thread.
std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "the connection ended" : text;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

void Tls::FreeSession::operator()(ssl_st* session) const {
  SSL_free(session);
}

Tls::Tls(ssl_st* session) : session_(session) {}

Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::create(const Peer& peer) {
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  if (!context) {
    return fail("TLS cannot be set up: " + last_error());
  }
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool has_authorities =
      peer.ca_file.empty()
          ? SSL_CTX_set_default_verify_paths(context.get()) == 1
          : SSL_CTX_load_verify_locations(context.get(), peer.ca_file.c_str(), nullptr) == 1;
  if (!has_authorities) {
    return fail(fmt::format("no certificates can be read from {}: {}",
                            peer.ca_file.empty() ? "the system" : peer.ca_file, last_error()),
                "it must be a file with certificates in PEM");
  }
  std::unique_ptr<Tls> tls(new Tls(SSL_new(context.get())));  // NOLINT: private constructor
  SSL* const session = tls->session_.get();
  if (session == nullptr) {
    return fail("TLS cannot be set up: " + last_error());
  }
  SSL_set_bio(session, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session);
  if (is_address(peer.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), peer.host.c_str());
  } else {
    SSL_set_tlsext_host_name(session, peer.host.c_str());
    SSL_set1_host(session, peer.host.c_str());
  }
  return tls;
}

/// Why the session failed, and whether it is the certificate.
std::string Tls::reason() const {
  const long verdict = SSL_get_verify_result(session_.get());
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    return fmt::format("its certificate is not trusted: {}",
                       X509_verify_cert_error_string(verdict));
  }
  return "no TLS: " + last_error();
}

Result<bool> Tls::shake_hands(std::string_view received) {
  BIO_write(SSL_get_rbio(session_.get()), received.data(), static_cast<int>(received.size()));
  ERR_clear_error();
  const int done = SSL_do_handshake(session_.get());
  if (done == 1) {
    return true;
  }
  return SSL_get_error(session_.get(), done) == SSL_ERROR_WANT_READ ? Result<bool>(false)
                                                                    : fail(reason());
}

void Tls::encrypt(std::string_view text) {
  // Memory takes all of it.
  SSL_write(session_.get(), text.data(), static_cast<int>(text.size()));
}

Result<std::string> Tls::decrypt(std::string_view received) {
  BIO_write(SSL_get_rbio(session_.get()), received.data(), static_cast<int>(received.size()));
  std::string text;
  std::array<char, kRecordSize> buffer;
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(session_.get(), buffer.data(), buffer.size());
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    return SSL_get_error(session_.get(), got) == SSL_ERROR_WANT_READ ? Result<std::string>(text)
                                                                     : fail(reason());
  }
}

std::string Tls::take_output() {
  BIO* const out = SSL_get_wbio(session_.get());
  std::string bytes(static_cast<std::size_t>(BIO_ctrl_pending(out)), '\0');
  if (!bytes.empty()) {
    BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  }
  return bytes;
}

}  // namespace rl::redis
