#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/programs.h"
#include "tests/support/raw_connection.h"

using rl::test::contains;
using rl::test::RawConnection;
using rl::test::RlServer;
using rl::test::TemporaryDirectory;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

std::string read(const std::string& path) {
  return rl::read_file(path).value_or("");
}

/// Whether a new connection is taken.
bool accepts(const rl::Address& listener) {
  rl::client::HttpConnection connection(listener, std::chrono::seconds{5});
  return connection.send({.target = "/livez"}).has_value();
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a server that is ready says where it is") {
    const RlServer server;
    const std::string data = server.data().to_string();
    const std::string expected =
        "listening data=" + data + " admin=" + server.admin().to_string() +
        "\n"
        "key free rlk_demo_free\nkey pro rlk_demo_pro\nkey enterprise rlk_demo_enterprise\n"
        "try: curl -i -H 'X-API-Key: rlk_demo_free' http://" +
        data + "/test\n";
    CHECK(rl::test::eventually([&] { return server.out().size() >= expected.size(); }));
    CHECK(server.out() == expected);

    const auto ready = rl::test::parse_json(read(server.ready_file()));
    CHECK(ready.size() == 5);
    CHECK(ready["pid"] == server.pid());
    CHECK(ready["data"] == data);
    CHECK(ready["admin"] == server.admin().to_string());
    CHECK(ready["tls"] == false);
    CHECK(ready["token_file"] == server.data_dir() + "/admin-token");
    CHECK(read(server.data_dir() + "/server.json") == read(server.ready_file()));
    CHECK(server.data().port != server.admin().port);
    CHECK(server.log().empty());
  }

  TEST_CASE("the data directory and what is in it belong to its owner alone") {
    const RlServer server;
    CHECK(mode_of(server.data_dir()) == 0700);
    CHECK(mode_of(server.data_dir() + "/admin-token") == 0600);
    CHECK(mode_of(server.data_dir() + "/server.json") == 0600);
    CHECK(mode_of(server.data_dir() + "/lock") == 0600);
    CHECK(server.token().size() == 48);
    CHECK_FALSE(contains(server.out() + server.log(), server.token()));
  }

  TEST_CASE("SIGTERM and SIGINT stop the server cleanly") {
    for (const int signal : {SIGTERM, SIGINT}) {
      CAPTURE(signal);
      RlServer server;
      REQUIRE(server.get("/test", "rlk_demo_free").status == 200);
      REQUIRE(std::filesystem::exists(server.data_dir() + "/server.json"));
      server.signal(signal);
      CHECK(server.wait() == 0);
      CHECK_FALSE(std::filesystem::exists(server.data_dir() + "/server.json"));
      CHECK(std::filesystem::exists(server.data_dir() + "/admin-token"));
      CHECK(contains(server.log(),
                     signal == SIGTERM ? "stopping signal=SIGTERM" : "stopping signal=SIGINT"));
      CHECK_FALSE(accepts(server.data()));
      CHECK_FALSE(accepts(server.admin()));
    }
  }

  TEST_CASE(
      "idle connections do not keep a server from stopping and are not told that it is ready") {
    RlServer server;
    std::vector<rl::client::HttpConnection> idle;
    for (int i = 0; i < 8; ++i) {
      idle.emplace_back(server.data(), std::chrono::seconds{20});
      const auto reply = idle.back().send({.target = "/readyz"});
      REQUIRE(reply.has_value());
      CHECK(reply->status == 200);
    }
    server.signal(SIGTERM);
    CHECK(rl::test::eventually([&] { return !accepts(server.data()); }));
    for (rl::client::HttpConnection& connection : idle) {
      const auto reply = connection.send({.target = "/readyz"});
      CHECK((!reply || reply->status == 503));
    }
    CHECK(server.wait() == 0);
  }

  TEST_CASE("a server that waits for a slow peer is not ready and a second signal ends it") {
    RlServer server;
    RawConnection slow(server.data(), std::chrono::seconds{1});
    std::string requests;
    for (int i = 0; i < 1000; ++i) {
      requests += "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    while (slow.send(requests)) {  // whose answers nobody reads, until nothing moves any more
    }
    server.signal(SIGTERM);
    CHECK(rl::test::eventually(
        [&] { return rl::test::ask(server.admin(), {.target = "/readyz"}).status == 503; }));
    server.signal(SIGTERM);
    CHECK(server.wait() == 128 + SIGTERM);
  }

  TEST_CASE("a server that was told of a failed listener ends as a failure") {
    RlServer server;
    server.signal(SIGUSR1);  // as the listener does
    CHECK(server.wait() == 1);
    CHECK(contains(server.log(), "rlserver: a listener failed\n"));
    CHECK_FALSE(std::filesystem::exists(server.data_dir() + "/server.json"));
  }

  TEST_CASE("a restart keeps the admin token and forgets the counters") {
    const TemporaryDirectory directory;
    std::string token;
    {
      RlServer first({.data_dir = directory.path()});
      token = first.token();
      REQUIRE(first.get("/test", "rlk_demo_free").status == 200);
      first.signal(SIGTERM);
      CHECK(first.wait() == 0);
    }
    const RlServer second({.data_dir = directory.path()});
    CHECK(second.token() == token);
    CHECK(second.rlctl({"status"}).status == 0);
    CHECK(rl::test::header(second.get("/test", "rlk_demo_free"), "X-RateLimit-Remaining") == "19");
  }

  TEST_CASE("a server that was killed leaves no lock and no lie behind") {
    const TemporaryDirectory directory;
    RlServer killed({.data_dir = directory.path()});
    killed.signal(SIGKILL);
    CHECK(killed.wait() == 128 + SIGKILL);
    REQUIRE(std::filesystem::exists(directory.path() + "/server.json"));
    const auto finished = killed.rlctl({"status"});
    CHECK(finished.status == 3);
    CHECK(contains(finished.err, "rlctl: the local server is gone: "));
    const RlServer next({.data_dir = directory.path()});
    CHECK(next.rlctl({"status"}).status == 0);
  }

  TEST_CASE("the published token file is absolute wherever the server was started") {
    const TemporaryDirectory directory;
    put(directory, "token", "0123456789abcdef\n");
    const std::string here = std::filesystem::current_path().string();
    const std::string relative =
        std::filesystem::relative(directory.path() + "/token", here).string();
    const RlServer server({.flags = {"--admin-token-file", relative}});
    const auto published = rl::test::parse_json(read(server.data_dir() + "/server.json"));
    const std::string path = published["token_file"];
    CHECK(path.starts_with("/"));
    CHECK(std::filesystem::equivalent(path, directory.path() + "/token"));
    CHECK(server.rlctl({"status"}).status == 0);
  }
}
