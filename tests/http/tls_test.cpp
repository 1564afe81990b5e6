#include <doctest/doctest.h>

#include <atomic>
#include <optional>

#include "rl/base/file.h"
#include "rl/base/manual_clock.h"
#include "rl/client/http_connection.h"
#include "rl/http/engine.h"
#include "tests/support/certificates.h"
#include "tests/support/command.h"
#include "tests/support/raw_connection.h"
#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;
using rl::client::HttpConnection;
using rl::client::TlsOptions;
using rl::http::Engine;
using rl::http::Exchange;
using rl::http::TlsEndpoint;
using rl::http::TlsFiles;
using rl::test::Authority;
using rl::test::CertificateFiles;
using rl::test::RawConnection;

namespace {

/// An engine that speaks TLS and answers each request with its target and body; one thread.
struct RunningTls {
  explicit RunningTls(const TlsFiles& more = {}) : files(more) {
    files.certificate = own.certificate;
    files.key = own.key;
    endpoint = TlsEndpoint::open(files).value();
    Engine::Options options;
    options.name = "test";
    options.threads = 1;
    options.limits.max_body = 4'000'000;
    options.tls = endpoint.get();
    engine.emplace(
        options, [this](const Exchange& exchange) { return answer(exchange); }, clock, log);
    address = engine->bind({"127.0.0.1", 0}).value();
    engine->start();
  }
  ~RunningTls() { engine->stop(); }

  rl::http::Served answer(const Exchange& exchange) {
    tls = exchange.ends.tls;
    const std::string body = exchange.head.target == "/large"
                                 ? std::string(3'000'000, 'x')
                                 : exchange.head.target + exchange.body;
    return rl::http::written(exchange.sink.write(
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  }

  TlsOptions trusting() const { return {.ca_file = authority.file()}; }

  /// The body of a reply; the error without one.
  static std::string ask(HttpConnection& connection, const std::string& target,
                         const std::string& body = {}) {
    const auto reply = connection.send({.method = "POST", .target = target, .body = body});
    return reply ? reply->body : reply.error().message;
  }
  std::string ask(const TlsOptions& options, const std::string& target = "/a") const {
    HttpConnection connection(address, 10s, options);
    return ask(connection, target);
  }

  rl::test::TemporaryDirectory directory;
  Authority authority{directory.path(), "authority"};
  Authority other{directory.path(), "other"};
  CertificateFiles own = authority.issue("server");
  TlsFiles files;
  std::unique_ptr<TlsEndpoint> endpoint;
  rl::ManualClock clock;
  rl::Log log{rl::LogLevel::kError};
  std::atomic<bool> tls{false};
  std::optional<Engine> engine;
  rl::Address address;
};

std::string why(const TlsFiles& files) {
  const auto opened = TlsEndpoint::open(files);
  return opened ? "" : opened.error().message;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("requests go through TLS, many on a connection and of any size") {
    RunningTls running;
    HttpConnection connection(running.address, 10s, running.trusting());
    for (int i = 0; i < 20; ++i) {
      CHECK(RunningTls::ask(connection, "/" + std::to_string(i)) == "/" + std::to_string(i));
    }
    const std::string large(1'000'000, 'y');
    CHECK(RunningTls::ask(connection, "/", large) == "/" + large);
    CHECK(RunningTls::ask(connection, "/large").size() == 3'000'000);
    CHECK(running.tls);
    CHECK(running.engine->stats().accepted == 1);
  }

  TEST_CASE("a client does not take another certificate") {
    RunningTls running;
    CHECK(running.ask({.ca_file = running.other.file()}).ends_with(" is not to be trusted"));
    CHECK(running.ask(TlsOptions{}).ends_with(" is not to be trusted"));
    CHECK(running.ask({.ca_file = "/nonexistent"}) ==
          "the file of trusted authorities cannot be used");
    CHECK(running.ask({.ca_file = running.authority.file(),
                       .certificate_file = "/nonexistent",
                       .key_file = "/nonexistent"}) ==
          "our TLS certificate or its key cannot be used");
    HttpConnection by_name({"localhost", running.address.port}, 10s, running.trusting());
    CHECK(RunningTls::ask(by_name, "/n") == "/n");
  }

  TEST_CASE("slow handshakes hold no thread and have the time of a head") {
    RunningTls running;  // with one thread
    RawConnection silent(running.address);
    RawConnection begun(running.address);
    REQUIRE(begun.send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7)));  // and nothing more
    CHECK(running.ask(running.trusting()) == "/a");
    CHECK(silent.is_quiet());
    running.clock.advance(4s);
    CHECK(running.ask(running.trusting()) == "/a");
    running.clock.advance(2s);
    CHECK(rl::test::eventually([&] { return running.engine->stats().open == 0; }));
  }

  TEST_CASE("after its handshake a connection may be idle as any other") {
    RunningTls running;
    HttpConnection connection(running.address, 10s, running.trusting());
    CHECK(RunningTls::ask(connection, "/a") == "/a");
    running.clock.advance(50s);
    CHECK(RunningTls::ask(connection, "/b") == "/b");
    CHECK(running.engine->stats().accepted == 1);
  }

  TEST_CASE("plain HTTP to a TLS port is told so") {
    RunningTls running;
    RawConnection plain(running.address);
    const std::string reply = plain.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(reply.starts_with("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"));
    CHECK(reply.find("this port speaks TLS") != std::string::npos);
    CHECK(plain.ends());
    RawConnection noise(running.address);
    REQUIRE(noise.send("\x01\x02\x03 no protocol at all, but long enough to be seen"));
    CHECK(noise.read_reply().find("HTTP") == std::string::npos);
    // Both are still there; nobody waits for them any more once they have had their time.
    CHECK(rl::test::eventually([&] {
      running.clock.advance(2s);
      return running.engine->stats().open == 0;
    }));
    CHECK(running.ask(running.trusting()) == "/a");
  }

  TEST_CASE("only a client certificate of the right authority that is valid passes") {
    const rl::test::TemporaryDirectory directory;
    const Authority clients(directory.path(), "clients");
    RunningTls running({.client_ca = clients.file()});
    const auto with = [&](const CertificateFiles& files) {
      TlsOptions options = running.trusting();
      options.certificate_file = files.certificate;
      options.key_file = files.key;
      return running.ask(options);
    };
    CHECK(with(clients.issue("good")) == "/a");
    CHECK(with(clients.issue("expired", 0)) != "/a");
    CHECK(with(running.other.issue("of-another")) != "/a");
    CHECK(with(running.own) != "/a");
    CHECK(running.ask(running.trusting()) != "/a");
  }

  TEST_CASE("new files are taken for new connections and bad ones change nothing") {
    RunningTls running;
    HttpConnection before(running.address, 10s, running.trusting());
    REQUIRE(RunningTls::ask(before, "/a") == "/a");
    REQUIRE(rl::write_file(running.own.certificate, "no PEM", rl::FileMode::kPublic));
    CHECK_FALSE(running.endpoint->reload().has_value());
    CHECK(running.ask(running.trusting()) == "/a");
    static_cast<void>(running.other.issue("server"));  // over the old files
    REQUIRE(running.endpoint->reload().has_value());
    CHECK(running.ask({.ca_file = running.other.file()}) == "/a");
    CHECK(running.ask(running.trusting()) != "/a");
    CHECK(RunningTls::ask(before, "/b") == "/b");
  }

  TEST_CASE("files that do not fit are refused and say which") {
    const rl::test::TemporaryDirectory directory;
    const Authority authority(directory.path(), "ca");
    const CertificateFiles own = authority.issue("own");
    const CertificateFiles another = authority.issue("another");
    CHECK(why({.certificate = own.certificate, .key = own.key}).empty());
    CHECK(why({.certificate = "/none", .key = own.key})
              .starts_with("the TLS certificate /none cannot be used: "));
    CHECK(why({.certificate = own.certificate, .key = "/none"})
              .starts_with("the TLS key /none cannot be used: "));
    CHECK(why({.certificate = own.certificate, .key = another.key})
              .starts_with("the TLS key " + another.key + " cannot be used: "));
    CHECK(why({.certificate = own.certificate, .key = own.key, .client_ca = own.key})
              .starts_with("the file of client authorities " + own.key + " cannot be used: "));
    REQUIRE(::chmod(own.key.c_str(), 0640) == 0);  // a group may, such as ssl-cert of Debian
    CHECK(why({.certificate = own.certificate, .key = own.key}).empty());
    REQUIRE(::chmod(own.key.c_str(), 0644) == 0);
    CHECK(why({.certificate = own.certificate, .key = own.key}) ==
          "the TLS key " + own.key + " can be reached by others");
    CHECK(TlsEndpoint::open({.certificate = another.certificate, .key = another.key})
              .value()
              ->valid_until() > rl::SystemClock().wall_now());
  }
}
