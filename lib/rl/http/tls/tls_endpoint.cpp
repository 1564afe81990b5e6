#include "rl/http/tls/tls_endpoint.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <utility>

#include "rl/http/tls/tls_transport.h"

namespace rl::http {
namespace {

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2
constexpr std::array<unsigned char, 9> kProtocols = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr std::array<unsigned char, 2> kSessionContext = {'r', 'l'};

/// Why OpenSSL just failed, in its words.
Failure<Error> failure(std::string_view what, const std::string& file, std::string hint = {}) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return fail(fmt::format("the {} {} cannot be used: {}", what, file,
                          reason == nullptr ? "no reason is known" : reason),
              std::move(hint));
}

/// A key that more than its owner and a group of the system can reach is everybody's key.
Result<void> check_key_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return {};  // to read it fails as well, and tells more
  }
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return fail(fmt::format("the TLS key {} can be reached by others", path),
                fmt::format("chmod 600 {}", path));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(fmt::format("the TLS key {} belongs to another user", path));
  }
  return {};
}

/// Instead of asking on the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  const int found =
      SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, kProtocols.data(),
                            kProtocols.size(), offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  // A peer that ends without a word of TLS ends all the same: no request depends on its end.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  // Tickets hold what a session needs; none is kept here, and a reload ends them all.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kSessionContext.data(), kSessionContext.size());
}

}  // namespace

Result<TlsEndpoint::Context> TlsEndpoint::load(const TlsFiles& files) {
  if (const auto checked = check_key_file(files.key); !checked) {
    return fail_with(checked.error());
  }
  ERR_clear_error();
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) {
    return fail("there is no memory for TLS");
  }
  configure(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return failure("TLS certificate", files.certificate, "a PEM file: the server's first");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failure("TLS key", files.key,
                   "a PEM file without a password, of the key that the certificate is for");
  }
  if (files.client_ca.empty()) {
    return context;
  }
  if (SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1) {
    return failure("file of client authorities", files.client_ca, "a PEM file of certificates");
  }
  SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(files.client_ca.c_str()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

Result<void> check_authorities(const std::string& file) {
  ERR_clear_error();
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      X509_STORE_free);
  if (store == nullptr || X509_STORE_load_file(store.get(), file.c_str()) != 1) {
    return failure("file of authorities", file, "a PEM file of certificates");
  }
  return {};
}

Result<std::unique_ptr<TlsEndpoint>> TlsEndpoint::open(const TlsFiles& files) {
  auto context = load(files);
  if (!context) {
    return fail_with(context.error());
  }
  return std::unique_ptr<TlsEndpoint>(new TlsEndpoint(files, *std::move(context)));
}

Result<void> TlsEndpoint::reload() {
  auto fresh = load(files_);
  if (!fresh) {
    return fail_with(fresh.error());
  }
  const std::lock_guard lock(mutex_);
  context_.swap(*fresh);
  return {};
}

std::unique_ptr<Transport> TlsEndpoint::accept(Descriptor socket) const {
  return tls_transport(std::move(socket), context().get());
}

WallTime TlsEndpoint::valid_until() const {
  std::tm end{};
  const Context now = context();
  ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(now.get())), &end);
  return WallTime{std::chrono::seconds{::timegm(&end)}};
}

TlsEndpoint::Context TlsEndpoint::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

}  // namespace rl::http
