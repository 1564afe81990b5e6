#include "tests/integration/proxy.h"

#include <csignal>
#include <filesystem>

#include "tests/support/paths.h"
#include "tests/support/rlserver.h"

using rl::test::Application;
using rl::test::ask;
using rl::test::header;
using rl::test::Proxy;
using rl::test::ProxyKind;
using rl::test::RlServer;

namespace {

const ProxyKind kNginx = {.files = {"nginx.conf"},
                          .command = {"/usr/sbin/nginx", "-p", "DIR", "-c", "DIR/nginx.conf", "-e",
                                      "stderr", "-g", "daemon off;"},
                          .closed = {.begin = "error_page 502 504", .end = "@admit;", .text = ""}};

const ProxyKind kHaproxy = {
    .files = {"haproxy.cfg", "haproxy.lua"},
    .command = {"/usr/sbin/haproxy", "-db", "-C", "DIR", "-f", "haproxy.cfg"},
    .closed = {.begin = "admit_when_down =", .end = "true", .text = "admit_when_down = false"}};

const ProxyKind kCaddy = {
    .files = {"Caddyfile"},
    .command = {"/usr/bin/caddy", "run", "--config", "DIR/Caddyfile", "--adapter", "caddyfile"},
    .closed = {.begin = "\t# Limiter down", .end = "\n\t}\n", .text = ""}};

constexpr char kTiers[] = R"(
version = 1
default_tier = "free"
[tiers.free]
[[tiers.free.limits]]
window = "1h"
base = 10
[[routes]]
match = "GET /free-of-charge"
cost = 0
[[routes]]
match = "POST /work"
cost = 3
)";

/// A real rlserver with those tiers, an application, and between the client and both a real proxy.
class Street {
 public:
  explicit Street(const ProxyKind& kind, const std::optional<rl::test::Edit>& edit = {})
      : limiter_({.tiers = tiers_path()}),
        proxy_(kind, limiter_.data(), application_.address(), edit) {}

  rl::client::HttpReply send(const std::string& method, const std::string& target,
                             rl::client::HeaderList headers = {}, const std::string& body = {}) {
    headers.emplace_back("X-API-Key", "rlk_demo_free");
    return ask(proxy_.address(),
               {.method = method, .target = target, .headers = headers, .body = body});
  }
  rl::client::HttpReply send_without_key(const rl::client::HeaderList& headers = {}) {
    return ask(proxy_.address(), {.target = "/", .headers = headers});
  }

  void stop_limiter() {
    limiter_.signal(SIGTERM);
    REQUIRE(limiter_.wait() == 0);
  }

  const Application& application() const { return application_; }
  std::string log() const { return proxy_.log(); }

 private:
  std::string tiers_path() {
    REQUIRE(rl::write_file(directory_.path() + "/tiers.toml", kTiers, rl::FileMode::kPublic));
    return directory_.path() + "/tiers.toml";
  }

  rl::test::TemporaryDirectory directory_;
  RlServer limiter_;
  Application application_;
  Proxy proxy_;
};

/// What a client behind the proxy gets while the limiter answers.
void check_decisions(const ProxyKind& kind) {
  Street street(kind);
  const auto first = street.send("GET", "/hello?x=1", {{"X-RateLimit-User", "99"}});
  CAPTURE(street.log());
  CHECK(first.status == 200);
  CHECK(first.body == "application\n");
  CHECK(header(first, "X-RateLimit-Limit") == "10");
  CHECK(header(first, "X-RateLimit-Remaining") == "9");
  CHECK_FALSE(header(first, "X-RateLimit-Reset").empty());
  CHECK(street.application().last().target == "/hello?x=1");
  CHECK(street.application().last().get_header_value_count("X-RateLimit-User") == 1);
  CHECK(street.application().last().get_header_value("X-RateLimit-User") == "1");
  CHECK(street.application().last().get_header_value("X-RateLimit-Tier") == "free");

  // A route has its cost, with a body, in another spelling, and whatever the client says of it.
  const auto work = street.send("POST", "/work", {}, "a body");
  CHECK(work.status == 200);
  CHECK(header(work, "X-RateLimit-Remaining") == "6");
  CHECK(street.application().last().method == "POST");
  CHECK(street.application().last().body == "a body");
  CHECK(header(street.send("POST", "/x/..//%77ork", {}, "b"), "X-RateLimit-Remaining") == "3");
  const auto claimed = street.send("GET", "/hello",
                                   {{"X-Original-URI", "/free-of-charge"},
                                    {"X-Original-Method", "GET"},
                                    {"X-Forwarded-Uri", "/free-of-charge"},
                                    {"X-Forwarded-Method", "GET"}});
  CHECK(header(claimed, "X-RateLimit-Remaining") == "2");
  CHECK(header(street.send("GET", "/free-of-charge"), "X-RateLimit-Remaining") == "2");

  const int before = street.application().requests();
  const auto denied = street.send("POST", "/work", {}, "a body");
  CHECK(denied.status == 429);
  CHECK(std::stoi("0" + header(denied, "Retry-After")) > 3000);
  CHECK(header(denied, "X-RateLimit-Limit") == "10");
  CHECK(header(denied, "X-RateLimit-Remaining") == "2");
  CHECK(header(denied, "Content-Type") == "application/problem+json");
  CHECK(denied.body.find("quota-exceeded") != std::string::npos);
  const auto without = street.send_without_key();
  CHECK(without.status == 401);
  CHECK(header(without, "WWW-Authenticate").find("Bearer") != std::string::npos);
  CHECK(street.send_without_key({{"X-API-Key", "not-a-key"}}).status == 401);
  CHECK(street.application().requests() == before);
  CHECK(street.send_without_key({{"Authorization", "Bearer rlk_demo_free"}}).status == 200);
}

/// What it gets while the limiter is down.
void check_limiter_down(const ProxyKind& kind) {
  {
    Street open(kind);
    open.stop_limiter();
    const auto reply = open.send("POST", "/work", {{"X-RateLimit-User", "99"}}, "a body");
    CAPTURE(open.log());
    CHECK(reply.status == 200);
    CHECK(open.application().last().body == "a body");
    CHECK_FALSE(open.application().last().has_header("X-RateLimit-User"));
  }
  Street closed(kind, kind.closed);
  CHECK(closed.send("GET", "/").status == 200);
  closed.stop_limiter();
  const int status = closed.send("GET", "/").status;
  CAPTURE(closed.log());
  CHECK((status == 502 || status == 503));
  CHECK(closed.application().requests() == 1);
}

}  // namespace

TEST_SUITE("integration") {
  TEST_CASE("nginx lets pass whom the limiter admits and nobody else") {
    check_decisions(kNginx);
  }
  TEST_CASE("nginx fails open or closed as configured") {
    check_limiter_down(kNginx);
  }

  TEST_CASE("haproxy lets pass whom the limiter admits and nobody else") {
    check_decisions(kHaproxy);
  }
  TEST_CASE("haproxy fails open or closed as configured") {
    check_limiter_down(kHaproxy);
  }

  TEST_CASE("caddy lets pass whom the limiter admits and nobody else") {
    check_decisions(kCaddy);
  }
  TEST_CASE("caddy fails open or closed as configured") {
    check_limiter_down(kCaddy);
  }

  TEST_CASE("the page about proxies shows each configuration whole") {
    const std::string page =
        rl::read_file(rl::test::source_dir() + "/docs/proxies.md").value_or("");
    for (const auto& entry :
         std::filesystem::directory_iterator(rl::test::source_dir() + "/docs/proxies")) {
      CAPTURE(entry.path().string());
      const std::string text = rl::read_file(entry.path().string()).value_or("");
      REQUIRE_FALSE(text.empty());
      CHECK(page.find("```text\n" + text + "```\n") != std::string::npos);
    }
  }
}
