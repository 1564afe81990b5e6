// The gateway in front of an upstream that speaks TLS.
#include <doctest/doctest.h>

#include "rl/http/gateway/gateway.h"
#include "tests/http/gateway/gateway_house.h"
#include "tests/support/certificates.h"

using rl::UpstreamError;
using rl::http::TlsEndpoint;
using rl::test::Authority;
using rl::test::CertificateFiles;
using rl::test::GatewayHouse;
using rl::test::has_line;
using rl::test::proxied;
using rl::test::RawConnection;

namespace {

/// An upstream on 127.0.0.1 that shows a certificate, and answers with the length of the body.
class TlsUpstream {
 public:
  explicit TlsUpstream(const CertificateFiles& files)
      : endpoint_(TlsEndpoint::open({.certificate = files.certificate, .key = files.key}).value()) {
    server_.emplace(
        rl::http::Server::Options{
            .name = "upstream", .threads = 1, .max_body = 4'000'000, .tls = endpoint_.get()},
        log_);
    server_->post("/length", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(std::to_string(request.body.size()), "text/plain");
    });
    port_ = server_->bind({"127.0.0.1", 0}).value().port;
    server_->start();
  }
  ~TlsUpstream() { server_->stop(); }

  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_);
  }
  std::uint64_t accepted() const { return server_->connections().accepted; }

 private:
  const rl::Log log_{rl::LogLevel::kError};
  const std::unique_ptr<TlsEndpoint> endpoint_;
  std::optional<rl::http::Server> server_;
  std::uint16_t port_ = 0;
};

struct Authorities {
  rl::test::TemporaryDirectory directory;
  Authority own{directory.path(), "own"};
  Authority other{directory.path(), "other"};
};

std::string post(GatewayHouse& house, const std::string& body) {
  RawConnection client(house.address);
  return client.ask(proxied("POST /proxy/length",
                            "Content-Length: " + std::to_string(body.size()) + "\r\n", body));
}

/// How an upstream that cannot be spoken to by TLS shows: 502, an error of that kind, and nothing
/// that was sent.
void check_refused(const std::string& url, const std::string& ca_file, UpstreamError error) {
  CAPTURE(url);
  CAPTURE(ca_file);
  GatewayHouse house({url}, {.upstreams = {}, .ca_file = ca_file});
  const std::string reply = post(house, "secret");
  CHECK(reply.starts_with("HTTP/1.1 502 "));
  CHECK(has_line(reply, "Content-Type: application/problem+json"));
  const bool trust = error == UpstreamError::kCertificate;
  CHECK((reply.find("the upstream is not trusted") != std::string::npos) == trust);
  CHECK((reply.find("no TLS connection to the upstream") != std::string::npos) != trust);
  CHECK(house.gateway->metrics().errors(error) == 1);
  CHECK(house.gateway->metrics().errors(UpstreamError::kConnect) == 0);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("an https upstream is asked when its certificate is of the authority that is named") {
    const Authorities authorities;
    const TlsUpstream upstream(authorities.own.issue("upstream"));
    for (const char* const host : {"127.0.0.1", "localhost"}) {
      GatewayHouse house({upstream.url(host)},
                         {.upstreams = {}, .ca_file = authorities.own.file(), .threads = 1});
      for (const std::size_t size : {std::size_t{5}, std::size_t{3'000'000}, std::size_t{0}}) {
        const std::string reply = post(house, std::string(size, 'x'));
        CHECK(reply.starts_with("HTTP/1.1 200 "));
        CHECK(reply.ends_with("\r\n\r\n" + std::to_string(size)));
      }
    }
    CHECK(upstream.accepted() == 2);  // connections stay open through TLS too
  }

  TEST_CASE("an https upstream that is not to be trusted is 502 and gets no request") {
    const Authorities authorities;
    const TlsUpstream upstream(authorities.own.issue("upstream"));
    const auto refused = UpstreamError::kCertificate;
    check_refused(upstream.url(), authorities.other.file(), refused);
    check_refused(upstream.url(), "", refused);  // no authority of the system
    const TlsUpstream ended(authorities.own.issue("ended", 0));
    check_refused(ended.url(), authorities.own.file(), refused);
    // The same listener by a name that its certificate does not have.
    check_refused(upstream.url("0.0.0.0"), authorities.own.file(), refused);
  }

  TEST_CASE("an https upstream that speaks no TLS is 502 of a kind of its own") {
    const rl::Log log{rl::LogLevel::kError};
    rl::http::Server plain({.name = "plain", .threads = 1}, log);
    const auto port = plain.bind({"127.0.0.1", 0}).value().port;
    plain.start();
    check_refused("https://127.0.0.1:" + std::to_string(port), "", UpstreamError::kTls);
    plain.stop();
  }

  TEST_CASE("of several https upstreams one that is not trusted is passed over") {
    const Authorities authorities;
    const TlsUpstream impostor(authorities.other.issue("impostor"));
    const TlsUpstream upstream(authorities.own.issue("upstream"));
    GatewayHouse house({impostor.url(), upstream.url()},
                       {.upstreams = {}, .ca_file = authorities.own.file()});
    for (int i = 0; i < 8; ++i) {
      CHECK(post(house, "hello").ends_with("\r\n\r\n5"));
    }
    CHECK_FALSE(house.gateway->upstreams().is_in(0));
    CHECK(house.gateway->metrics().errors(UpstreamError::kCertificate) == 0);
  }
}
