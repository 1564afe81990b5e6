#include "rl/load/own_server.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "rl/base/file.h"
#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;
using rl::load::Abort;
using rl::load::ExitCode;
using rl::load::OwnServer;

namespace {

/// A program that takes the server's place: a shell script, which finds the value of the flag
/// --ready-file in $ready.
class Script {
 public:
  explicit Script(const std::string& body) : path_(directory_.path() + "/rlserver") {
    const std::string head =
        "#!/bin/sh\nwhile [ $# -gt 0 ]; do\n"
        "  case $1 in --ready-file) ready=$2;; --data-dir) dir=$2;; esac\n  shift\ndone\n";
    REQUIRE(rl::write_file(path_, head + body, rl::FileMode::kPrivate).has_value());
    REQUIRE(::chmod(path_.c_str(), 0700) == 0);
  }

  const std::string& path() const { return path_; }

  rl::Result<OwnServer, Abort> start(rl::Micros patience = 10s) const {
    const rl::SystemClock clock;
    return OwnServer::start({.program = path_, .tiers_path = "tiers.toml", .patience = patience},
                            clock, {});
  }

 private:
  rl::test::TemporaryDirectory directory_;
  std::string path_;
};

constexpr char kReady[] =
    R"('{"pid":1,"data":"127.0.0.1:4001","admin":"127.0.0.1:4002","token_file":"/t/token"}')";

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("a server of our own is known by its ready file and goes with its owner") {
    const rl::test::TemporaryDirectory notes;
    const std::string note = notes.path() + "/note";
    const Script script("echo $$ $dir > " + note + ".new; mv " + note + ".new " + note + "\necho " +
                        kReady + " > $ready.new; mv $ready.new $ready\nexec sleep 60\n");
    pid_t pid = 0;
    std::string data_dir;
    {
      const auto server = script.start();
      REQUIRE(server.has_value());
      CHECK(server->data().to_string() == "127.0.0.1:4001");
      CHECK(server->admin().to_string() == "127.0.0.1:4002");
      CHECK(server->token_path() == "/t/token");
      const std::string line = rl::read_file(note).value();
      pid = std::stoi(line);
      data_dir = line.substr(line.find(' ') + 1);
      data_dir.pop_back();  // its line end
      CHECK(std::filesystem::is_directory(data_dir));
      CHECK(::kill(pid, 0) == 0);
    }
    CHECK(::kill(pid, 0) != 0);
    CHECK_FALSE(std::filesystem::exists(data_dir));
  }

  TEST_CASE("a server that ends early is an error that shows what it said") {
    const auto server = Script("echo 'tiers.toml:3:1: error' >&2\nexit 7\n").start();
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().code == ExitCode::kFailure);
    CHECK(server.error().error.message.find("exit status 7") != std::string::npos);
    CHECK(server.error().error.message.find("tiers.toml:3:1: error") != std::string::npos);
  }

  TEST_CASE("a server that is never ready counts as unreachable") {
    const auto server = Script("exec sleep 60\n").start(50ms);
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().code == ExitCode::kUnreachable);
  }

  TEST_CASE("a broken ready file and a missing program are failures") {
    const auto broken = Script("echo '{\"data\":1}' > $ready\nexec sleep 60\n").start();
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().code == ExitCode::kFailure);
    const rl::SystemClock clock;
    const auto missing = OwnServer::start(
        {.program = "/nonexistent/rlserver", .tiers_path = "tiers.toml"}, clock, {});
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == ExitCode::kFailure);
    CHECK(missing.error().error.hint.find("--rlserver") != std::string::npos);
  }

  TEST_CASE("a stop while the server starts is an interruption") {
    const Script script("exec sleep 60\n");
    const rl::SystemClock clock;
    std::stop_source stop;
    stop.request_stop();
    const auto server = OwnServer::start({.program = script.path(), .tiers_path = "tiers.toml"},
                                         clock, stop.get_token());
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().code == ExitCode::kInterrupted);
  }
}
