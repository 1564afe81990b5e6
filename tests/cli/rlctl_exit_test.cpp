#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::Finished;
using rl::test::RlServer;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

/// A port of 127.0.0.1 that takes connections and never says a word.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    auto* const generic = reinterpret_cast<sockaddr*>(&name);
    REQUIRE(::bind(socket_, generic, size) == 0);
    REQUIRE(::getsockname(socket_, generic, &size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    address_ = {.host = "127.0.0.1", .port = ntohs(name.sin_port)};
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() { ::close(socket_); }

  std::string address() const { return address_.to_string(); }

 private:
  int socket_;
  rl::Address address_;
};

struct Row {
  std::vector<std::string> arguments;
  int status;
  std::string message;  ///< in stderr; empty: stderr is empty
};

void check_row(const Row& row, const Finished& finished) {
  CAPTURE(row.message);
  CAPTURE(finished.err);
  CHECK(finished.status == row.status);
  CHECK(contains(finished.err, row.message));
  CHECK(finished.err.empty() == row.message.empty());
  if (!row.message.empty()) {
    CHECK(finished.err.starts_with("rlctl: "));
  }
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("rlctl ends with the status that says what happened") {
    const RlServer server;
    const std::string data = server.data().to_string();
    const std::string admin = server.admin().to_string();
    const std::string token_file = server.data_dir() + "/admin-token";
    const std::vector<Row> table = {
        {{"status"}, 0, ""},
        {{"--server", "http://" + admin, "--token-file", token_file, "status"}, 0, ""},
        {{"status", "--server", data, "--token-file", token_file},
         1,
         data + " answered, but not like a rlserver admin listener: status 404\n"
                "  give the address that rlserver prints as admin=HOST:PORT"},
        {{"status", "--server", admin},
         4,
         admin + " asks for its admin token\n  name the file that holds it with --token-file"},
        {{"tiers", "show", "premum"},
         5,
         "tier \"premum\" not found (policy v1, 3 tiers)\n  rlctl tiers list shows them all"},
        {{"tiers", "show", "entreprise"}, 5, "did you mean \"enterprise\"?"},
        {{"tiers", "show", "\x1b[2Jpro"}, 5, "rlctl: tier \"?[2Jpro\" not found"},
        {{"check", "rlk_demo_gold"}, 5, "no user has this key"},
        {{"check", "--user", "99"}, 5, "there is no user 99"},
        {{"check", "rlk_demo_free", "--cost", "21"}, 10, ""},
        {{"ready"}, 0, ""},
        {{"ready", "--server", admin}, 0, ""},  // without a token
        {{"health", "watch", "--until", "degraded", "--timeout", "100ms"},
         10,
         "still NORMAL after 100ms"},
    };
    for (const Row& row : table) {
      check_row(row, server.rlctl(row.arguments));
    }
  }

  TEST_CASE("a wrong command line of rlctl is a usage error with what may be meant") {
    const RlServer server;
    const auto before = rl::test::steady_status(server);
    const std::vector<Row> table = {
        {{},
         2,
         "a command is missing\n  the commands are status, ready, top, health, tiers, "
         "users, keys, audit, check, context, version, completion"},
        {{"helth"}, 2, "unknown command \"helth\"\n  did you mean \"health\"?"},
        {{"health"}, 2, "a command is missing\n  the commands are get, set, watch"},
        {{"health", "ste", "degraded"}, 2, "unknown command \"ste\"\n  did you mean \"set\"?"},
        {{"health", "set"}, 2, "state is required"},
        {{"health", "set", "sick"}, 2, "\"sick\" is not normal|degraded"},
        {{"health", "set", "degarded"}, 2, "did you mean \"degraded\"?"},
        {{"health", "set", "degraded", "now"}, 2, "unknown argument \"now\""},
        {{"health", "set", "degraded", "--fro", "1m"}, 2, "did you mean \"--for\"?"},
        {{"health", "set", "degraded", "--for", "1 minute"}, 2, "\"1 minute\" is not a duration"},
        {{"health", "set", "degraded", "--for", "0s"}, 2, "--for: must be more than nothing"},
        {{"health", "set", "degraded", "--for", "32d"}, 2, "\"ttl_seconds\" is a whole number"},
        {{"health", "set", "normal", "--for", "1m"}, 2, "NORMAL needs none"},
        {{"health", "set", "degraded", "--reason", std::string(501, 'x')},
         2,
         "\"reason\" is a string of at most 500 bytes"},
        {{"check"}, 2, "give either a KEY or --user ID"},
        {{"check", "rlk_demo_free", "--user", "1"}, 2, "give either a KEY or --user ID"},
        {{"check", "rlk_demo_free", "--cost", "0"}, 2, "\"0\" is not a whole number from 1"},
        {{"check", "rlk_demo_free", "--cost", "-1"}, 2, "--cost"},
        {{"check", "rlk_demo_free", "--route", "nowhere"}, 2, "\"route\" is METHOD and PATH"},
        {{"tiers", "validate"}, 2, "file is required"},
        {{"status", "-o", "yaml"}, 2, "\"yaml\" is not table|json"},
        {{"status", "--timeout", "soon"}, 2, "\"soon\" is not a duration"},
        {{"status", "--server", "ftp://127.0.0.1:1"}, 2, "the admin listener speaks http or https"},
        {{"status", "--server", "127.0.0.1"}, 2, "\"127.0.0.1\" is not a server"},
    };
    for (const Row& row : table) {
      check_row(row, run_program("rlctl", row.arguments, {{"RL_DATA_DIR", server.data_dir()}}));
    }
    CHECK(rl::test::steady_status(server) == before);
  }

  TEST_CASE("a server that is not there or does not answer is unreachable") {
    const TemporaryDirectory empty;
    const Environment here = {{"RL_DATA_DIR", empty.path()}};
    check_row({{}, 3, "no local server found in " + empty.path() + "\n  start one with rlserver"},
              run_program("rlctl", {"status"}, here));
    check_row({{}, 3, "cannot connect to 127.0.0.1:1\n"},
              run_program("rlctl", {"status", "--server", "127.0.0.1:1"}, here));
    const SilentPort silent;
    check_row(
        {{}, 3, silent.address() + " did not answer within 100ms"},
        run_program("rlctl", {"status", "--server", silent.address(), "--timeout", "100ms"}, here));
    check_row({{}, 3, "cannot connect to 127.0.0.1:1\n"},
              run_program("rlctl", {"ready", "--server", "127.0.0.1:1"}, here));
  }

  TEST_CASE("what a server that has ended left behind is told as such") {
    const TemporaryDirectory directory;
    RlServer server;
    const std::string stale = rl::read_file(server.data_dir() + "/server.json").value_or("");
    server.signal(SIGTERM);
    REQUIRE(server.wait() == 0);
    put(directory, "server.json", stale);
    check_row({{}, 3, "the local server is gone: " + directory.path() + "/server.json"},
              run_program("rlctl", {"--data-dir", directory.path(), "status"}));
    put(directory, "server.json", "{}");
    check_row({{}, 1, directory.path() + "/server.json does not describe a rlserver"},
              run_program("rlctl", {"--data-dir", directory.path(), "status"}));
  }

  TEST_CASE("the token of a flag goes before that of a variable and both before the server's") {
    const RlServer server;
    const TemporaryDirectory directory;
    const std::string data_dir = server.data_dir();
    const std::string good = data_dir + "/admin-token";
    const std::string bad = put(directory, "bad", "0123456789abcdef");
    const std::string open = put(directory, "open", server.token(), rl::FileMode::kPublic);
    struct Choice {
      std::vector<std::string> flags;
      Environment environment;
      int status;
      std::string message;
    };
    const std::string refused = server.admin().to_string() + " does not accept the token";
    const std::vector<Choice> table = {
        {{}, {}, 0, ""},
        {{"--token-file", bad}, {}, 4, refused},
        {{}, {{"RLCTL_TOKEN_FILE", bad}}, 4, refused},
        {{}, {{"RLCTL_TOKEN", "0123456789abcdef"}}, 4, refused},
        {{"--token-file", good}, {{"RLCTL_TOKEN_FILE", bad}}, 0, ""},
        {{"--token-file", good}, {{"RLCTL_TOKEN", "0123456789abcdef"}}, 0, ""},
        {{}, {{"RLCTL_TOKEN", server.token()}}, 0, ""},
        {{}, {{"RLCTL_SERVER", "127.0.0.1:1"}}, 3, "cannot connect to 127.0.0.1:1"},
        {{"--token-file", open}, {}, 4, "the token file " + open + " can be used by others"},
        {{"--token-file", "/nonexistent"}, {}, 4, "cannot read /nonexistent"},
    };
    for (const Choice& choice : table) {
      std::vector<std::string> arguments = {"--data-dir", data_dir, "status"};
      arguments.insert(arguments.end(), choice.flags.begin(), choice.flags.end());
      const Finished finished = run_program("rlctl", arguments, choice.environment);
      check_row({arguments, choice.status, choice.message}, finished);
      CHECK_FALSE(contains(finished.out + finished.err, server.token()));
    }
  }

  TEST_CASE("output that cannot be written is a failure") {
    const Finished finished = rl::test::run(
        {.argv = {"/bin/sh", "-c", "exec \"$0\" version > /dev/full", rl::test::program("rlctl")}});
    CHECK(finished.status == 1);
    CHECK(finished.err == "rlctl: cannot write the output\n");
  }
}
