#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "rl/redis/link.h"
#include "rl/store/redis/redis_store.h"
#include "tests/support/command.h"
#include "tests/support/free_port.h"
#include "tests/support/redis_server.h"
#include "tests/support/scripted_redis.h"

using namespace std::chrono_literals;

namespace {

/// Makes an authority and a certificate for 127.0.0.1 and localhost that it signed.
class Certificates {
 public:
  Certificates() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=rl test authority", "-keyout", file("ca.key"), "-out",
             file("ca.pem")});
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("redis.key"),
             "-out", file("redis.csr")});
    openssl({"x509", "-req", "-in", file("redis.csr"), "-CA", file("ca.pem"), "-CAkey",
             file("ca.key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out",
             file("redis.pem")});
  }

  std::string file(const std::string& name) const { return directory_.path() + "/" + name; }

 private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    const auto finished = rl::test::run({.argv = std::move(arguments)});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  const rl::test::TemporaryDirectory directory_;
};

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("redis: over TLS the certificate is checked, and decisions are the same") {
    const Certificates certificates;
    const std::uint16_t port = rl::test::free_port();
    const rl::test::RedisServer server(
        {.flags = {"--tls-port", std::to_string(port), "--tls-cert-file",
                   certificates.file("redis.pem"), "--tls-key-file", certificates.file("redis.key"),
                   "--tls-auth-clients", "no"}});
    const rl::SystemClock clock;
    const rl::Log log(rl::LogLevel::kError);
    rl::RedisUrl url{
        .host = "127.0.0.1", .port = port, .socket = "", .user = "", .password = "", .ca_file = ""};
    url.tls = true;

    const auto untrusted = rl::redis::Link::open(url, clock, 30s);
    REQUIRE_FALSE(untrusted.has_value());
    CHECK(untrusted.error().refused);
    CHECK(untrusted.error().message.find("certificate is not trusted") != std::string::npos);

    url.ca_file = certificates.file("ca.pem");
    url.host = "localhost";  // signed, but not for this name
    const auto other_name = rl::redis::Link::open(url, clock, 30s);
    REQUIRE_FALSE(other_name.has_value());
    CHECK(other_name.error().message.find("certificate is not trusted") != std::string::npos);

    url.host = "127.0.0.1";
    rl::RedisStore store({.url = url, .deadline = 10s}, clock, log);
    REQUIRE(store.wait_until_connected(30s));
    const rl::Charge charge{.bucket = {.owner = "k:1", .rule = "t/test"},
                            .limit = {.window = 60s, .units = 500, .base = 500, .degraded = 500}};
    for (std::uint32_t i = 0; i < 500; ++i) {
      rl::Decision decision;
      REQUIRE(store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)));
      CHECK(decision.allowed);
      CHECK(decision.remaining == 499 - i);
    }
  }

  TEST_CASE("redis: a file of authorities that cannot be read and a server without TLS are told") {
    const rl::SystemClock clock;
    const std::uint16_t port = rl::test::free_port();
    const rl::test::RedisServer server({.flags = {"--port", std::to_string(port)}});
    rl::RedisUrl url{
        .host = "127.0.0.1", .port = port, .socket = "", .user = "", .password = "", .ca_file = ""};
    url.tls = true;
    url.ca_file = "/nonexistent/ca.pem";
    const auto no_file = rl::redis::Link::open(url, clock, 30s);
    REQUIRE_FALSE(no_file.has_value());
    CHECK(no_file.error().refused);
    CHECK(no_file.error().message.find("/nonexistent/ca.pem") != std::string::npos);
    url.ca_file = "";
    const auto no_tls = rl::redis::Link::open(url, clock, 1s);
    CHECK_FALSE(no_tls.has_value());
  }

  TEST_CASE("redis: a server that is too old is told and not waited for") {
    const rl::test::ScriptedRedis old([](std::string_view asked) {
      return asked.find("INFO") != std::string_view::npos ? "$19\r\nredis_version:6.2.7\r\n"
                                                          : "+PONG\r\n";
    });
    const rl::SystemClock clock;
    const rl::Log log(rl::LogLevel::kError);
    const rl::RedisUrl url{
        .host = "", .socket = old.socket(), .user = "", .password = "", .ca_file = ""};
    const rl::RedisStore store({.url = url}, clock, log);
    CHECK_FALSE(store.wait_until_connected(30s));
    REQUIRE(store.refusal().has_value());
    CHECK(store.refusal()->message == "the Redis at unix://" + old.socket() + " is of version 6");
    CHECK(store.refusal()->hint == "version 7 or newer is needed");
  }

  TEST_CASE("redis: a wrong password and a database that is not there are told") {
    const rl::test::RedisServer server({.flags = {"--requirepass", ""}});
    server.call({"ACL", "SETUSER", "anna", "on", ">secret", "+@all", "~*", "&*"});
    const rl::SystemClock clock;
    rl::RedisUrl url = server.url();
    url.user = "anna";
    url.password = "wrong";
    const auto wrong = rl::redis::Link::open(url, clock, 30s);
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().refused);
    CHECK(wrong.error().message.find("WRONGPASS") != std::string::npos);
    CHECK(wrong.error().message.find("wrong") == std::string::npos);
    url.password = "secret";
    CHECK(rl::redis::Link::open(url, clock, 30s).has_value());
    url.database = 99;
    const auto nowhere = rl::redis::Link::open(url, clock, 30s);
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().refused);
  }
}
