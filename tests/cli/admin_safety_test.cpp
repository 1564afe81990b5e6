#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/cli/programs.h"
#include "tests/support/certificates.h"

using rl::test::Authority;
using rl::test::CertificateFiles;
using rl::test::contains;
using rl::test::eventually;
using rl::test::Finished;
using rl::test::parse_json;
using rl::test::put;
using rl::test::RlServer;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

Finished curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"/usr/bin/curl", "-sS", "--max-time", "20"});
  return rl::test::run({.argv = arguments});
}

/// A server whose listeners speak TLS.
struct Secured {
  explicit Secured(const std::vector<std::string>& more = {}) : server(options(more)) {}

  rl::test::RlServerOptions options(const std::vector<std::string>& more) {
    std::vector<std::string> flags = {"--tls-cert", own.certificate, "--tls-key", own.key};
    flags.insert(flags.end(), more.begin(), more.end());
    return {.flags = flags};
  }
  std::string url(const rl::Address& listener, const std::string& path) const {
    return "https://" + listener.to_string() + path;
  }
  Finished rlctl(std::vector<std::string> arguments, const std::string& ca) const {
    arguments.insert(arguments.begin(), {"--ca-file", ca});
    return server.rlctl(arguments);
  }

  TemporaryDirectory directory;
  Authority authority{directory.path(), "authority"};
  CertificateFiles own = authority.issue("server");
  RlServer server;
};

/// Every file below a directory, one after the other.
std::string all_files(const std::string& directory, const std::string& but) {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && entry.path().filename() != but) {
      std::ifstream file(entry.path(), std::ios::binary);
      text.append(std::istreambuf_iterator<char>(file), {});
    }
  }
  return text;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("with a certificate both listeners speak TLS and our programs with them") {
    const Secured secured;
    const RlServer& server = secured.server;
    const std::string ca = secured.authority.file();
    for (const rl::Address& listener : {server.data(), server.admin()}) {
      const Finished asked = curl(
          {"--cacert", ca, "-w", " %{http_code} %{http_version}", secured.url(listener, "/livez")});
      CHECK(asked.status == 0);
      CHECK(contains(asked.out, "alive"));
      CHECK(contains(asked.out, " 200 1.1"));
      CHECK(curl({secured.url(listener, "/livez")}).status == 60);  // an authority nobody knows
      CHECK(curl({"--cacert", ca, "--tls-max", "1.1", secured.url(listener, "/livez")}).status ==
            35);
      CHECK(contains(curl({"http://" + listener.to_string() + "/livez"}).out, "speaks TLS"));
    }
    CHECK(contains(server.out(), "try: curl -i -H 'X-API-Key: rlk_demo_free' https://"));
    CHECK(parse_json(secured.rlctl({"status", "-o", "json"}, ca).out).is_object());
    const Finished untrusted = server.rlctl({"status"});
    CHECK(untrusted.status == 3);
    CHECK(contains(untrusted.err, "is not to be trusted"));
    const std::string token = put(secured.directory, "token", server.token());
    CHECK(run_program("rlctl", {"--server", secured.url(server.admin(), ""), "--ca-file", ca,
                                "--token-file", token, "health", "get"})
              .status == 0);
    const std::string key = put(secured.directory, "key", "rlk_demo_pro");
    const Finished load =
        run_program("rlload", {"quick", secured.url(server.data(), "/test"), "--ca-file", ca,
                               "--key-file", key, "--rate", "20/s", "--duration", "1s"});
    CHECK(contains(load.out, "200"));
    CHECK_FALSE(contains(load.out, "trusted"));
  }

  TEST_CASE("the admin listener asks for a certificate where it is told to") {
    const TemporaryDirectory directory;
    const Authority people(directory.path(), "people");
    const CertificateFiles anna = people.issue("anna");
    const CertificateFiles former = people.issue("former", 0);
    const Secured secured({"--tls-client-ca", people.file()});
    const auto status = [&](const std::vector<std::string>& arguments) {
      std::vector<std::string> all = arguments;
      all.emplace_back("status");
      return secured.rlctl(all, secured.authority.file()).status;
    };
    CHECK(status({"--client-cert", anna.certificate, "--client-key", anna.key}) == 0);
    CHECK(status({"--client-cert", former.certificate, "--client-key", former.key}) == 3);
    CHECK(status({}) == 3);
    CHECK(curl({"--cacert", secured.authority.file(), secured.url(secured.server.data(), "/livez")})
              .status == 0);
    CHECK(
        curl({"--cacert", secured.authority.file(), secured.url(secured.server.admin(), "/livez")})
            .status != 0);
  }

  TEST_CASE("a server reads tokens and certificates again at SIGHUP, and keeps good ones") {
    TemporaryDirectory directory;
    const std::string file = put(directory, "tokens", "old admin the-first-token-of-all\n");
    Secured secured({"--admin-token-file", file});
    const auto status = [&](const std::string& token, const std::string& ca) {
      return curl({"--cacert", ca, "-o", "/dev/null", "-w", "%{http_code}", "-H",
                   "Authorization: Bearer " + token,
                   secured.url(secured.server.admin(), "/system/health")})
          .out;
    };
    const std::string ca = secured.authority.file();
    CHECK(status("the-first-token-of-all", ca) == "200");
    put(directory, "tokens", "short\n");
    secured.server.signal(SIGHUP);
    CHECK(eventually(
        [&] { return contains(secured.server.log(), "the admin tokens in force stay"); }));
    CHECK(status("the-first-token-of-all", ca) == "200");
    put(directory, "tokens", "old admin the-first-token-of-all\nnew admin the-second-token\n");
    secured.server.signal(SIGHUP);
    CHECK(eventually([&] { return status("the-second-token", ca) == "200"; }));
    CHECK(status("the-first-token-of-all", ca) == "200");
    put(directory, "tokens", "new admin the-second-token\n");
    const Authority next(secured.directory.path(), "next");
    static_cast<void>(next.issue("server"));  // over the files of the server
    secured.server.signal(SIGHUP);
    CHECK(eventually([&] { return status("the-second-token", next.file()) == "200"; }));
    CHECK(status("the-first-token-of-all", next.file()) == "401");
    const Finished local = secured.rlctl({"audit", "list"}, next.file());
    CHECK(local.status == 0);  // with the token in the file
  }

  TEST_CASE("TLS that cannot be is refused at the start") {
    const TemporaryDirectory directory;
    const Authority authority(directory.path(), "authority");
    const CertificateFiles own = authority.issue("server");
    const auto start = [&](std::vector<std::string> flags) {
      flags.insert(flags.end(),
                   {"--tiers", rl::test::kSampleTiers, "--data-dir", directory.path() + "/data",
                    "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"});
      return run_program("rlserver", flags);
    };
    CHECK(start({"--tls-cert", own.certificate}).status == 2);
    CHECK(start({"--tls-key", own.key}).status == 2);
    CHECK(start({"--tls-client-ca", authority.file()}).status == 2);
    const Finished none = start({"--tls-cert", "/none", "--tls-key", own.key});
    CHECK(none.status == 7);
    CHECK(contains(none.err, "the TLS certificate /none cannot be used"));
    REQUIRE(::chmod(own.key.c_str(), 0604) == 0);
    const Finished open = start({"--tls-cert", own.certificate, "--tls-key", own.key});
    CHECK(open.status == 7);
    CHECK(contains(open.err, "chmod 600 " + own.key));
  }

  TEST_CASE("no secret is in what a server writes or shows to others") {
    const TemporaryDirectory directory;
    const RlServer server(
        {.flags = {"--log-level", "debug"}, .data_dir = directory.path() + "/d", .dev = false});
    std::vector<std::string> secrets = {server.token()};
    std::string written;
    const auto note = [&](const Finished& finished) { written += finished.out + finished.err; };
    note(server.rlctl({"users", "create", "--name", "alice", "--tier", "pro"}));
    for (int i = 0; i < 2; ++i) {
      const auto made =
          parse_json(server.rlctl({"keys", "create", "--user", "1", "-o", "json"}).out);
      secrets.push_back(made["secret"]);
    }
    secrets.push_back(
        parse_json(server.rlctl({"keys", "rotate", "k1", "-o", "json"}).out)["secret"]);
    for (std::size_t i = 1; i < secrets.size(); ++i) {
      const auto reply = server.get("/test", secrets[i]);
      CHECK(reply.status == 200);
      written += reply.body;
      static_cast<void>(
          server.get("/ping?user_id=" + secrets[i]));  // which tells its caller the id
      note(server.rlctl({"check", "-"}, secrets[i]));
      written +=
          rl::test::ask(server.data(),
                        {.target = "/test",
                         .headers = {{"X-API-Key", secrets[i]}, {"Authorization", "Bearer other"}}})
              .body;
    }
    const std::string wrong = server.token() + "x";
    secrets.push_back(wrong);
    written += server.ask_admin({.target = "/users"}, wrong).body;
    note(server.rlctl({"keys", "revoke", "k2", "--yes"}));
    written += server.get("/test", secrets[2]).body;
    for (const char* const command : {"users list", "keys list", "audit list", "status"}) {
      const std::string text = command;
      const std::size_t space = text.find(' ');
      std::vector<std::string> words = {text.substr(0, space)};
      if (space != std::string::npos) {
        words.push_back(text.substr(space + 1));
      }
      note(server.rlctl(words));
    }
    written += server.ask_admin({.target = "/metrics"}).body;
    written += server.log() + server.out();
    std::ifstream arguments("/proc/" + std::to_string(server.pid()) + "/cmdline");
    written.append(std::istreambuf_iterator<char>(arguments), {});
    written += all_files(server.data_dir(), "admin-token");
    CHECK(written.size() > 20'000);
    for (const std::string& secret : secrets) {
      CHECK(secret.size() >= 32);
      CHECK_FALSE(contains(written, secret.substr(0, secret.size() - 4).substr(8)));
    }
  }

  TEST_CASE("rlctl leaves no core file") {
    const RlServer server;
    const TemporaryDirectory directory;
    const std::string script = "cd " + directory.path() +
                               " && ulimit -c unlimited 2>/dev/null; exec " +
                               rl::test::program("rlctl") + " health watch";
    auto watching = rl::ChildProcess::start({.argv = {"/bin/sh", "-c", script},
                                             .environment = {{"RL_DATA_DIR", server.data_dir()}},
                                             .stdout_path = directory.path() + "/out",
                                             .stderr_path = directory.path() + "/err"});
    REQUIRE(watching.has_value());
    CHECK(eventually(
        [&] { return contains(rl::read_file(directory.path() + "/out").value_or(""), "NORMAL"); }));
    std::ifstream limits("/proc/" + std::to_string(watching->pid()) + "/limits");
    std::string line;
    while (std::getline(limits, line) && !line.starts_with("Max core file size")) {
    }
    CHECK(contains(line, "Max core file size        0                    0"));
    watching->signal(SIGSEGV);
    CHECK(watching->wait(std::chrono::seconds{20}) == 128 + SIGSEGV);
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      CHECK_FALSE(entry.path().filename().string().starts_with("core"));
    }
  }
}
