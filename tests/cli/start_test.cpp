#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rl/base/process.h"
#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::Finished;
using rl::test::header;
using rl::test::RlServer;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

/// rlserver on free ports, which is expected to end by itself. Flags that are given take the place
/// of those below.
Finished start_in_vain(const std::string& data_dir, const std::vector<std::string>& flags = {},
                       const Environment& environment = {}) {
  std::vector<std::string> arguments = {"--dev", "--tiers", rl::test::kSampleTiers, "--data-dir",
                                        data_dir};
  for (const char* const flag : {"--listen", "--admin-listen"}) {
    if (std::find(flags.begin(), flags.end(), flag) == flags.end()) {
      arguments.insert(arguments.end(), {flag, "127.0.0.1:0"});
    }
  }
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return run_program("rlserver", arguments, environment);
}

void check_failure(const Finished& finished, int status, const std::string& message) {
  CAPTURE(finished.err);
  CHECK(finished.status == status);
  CHECK(contains(finished.err, "rlserver: " + message));
  CHECK(finished.out.empty());
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a taken port is named and whoever has it keeps it") {
    const RlServer first;
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/second";
    for (const std::string& flag : {std::string("--listen"), std::string("--admin-listen")}) {
      const std::string taken = (flag == "--listen" ? first.data() : first.admin()).to_string();
      const Finished second = start_in_vain(data_dir, {flag, taken});
      check_failure(second, 1, "cannot listen on " + taken + ": Address already in use\n");
      CHECK(contains(second.err, "another program has this port; port 0 picks a free one"));
      CHECK_FALSE(std::filesystem::exists(data_dir + "/server.json"));
    }
    for (int i = 1; i <= 20; ++i) {  // a shared port would lose some of them
      CHECK(header(first.get("/test", "rlk_demo_free"), "X-RateLimit-Remaining") ==
            std::to_string(20 - i));
    }
    CHECK(first.rlctl({"status"}).status == 0);
  }

  TEST_CASE("an address that is not of this machine is a failure") {
    const TemporaryDirectory directory;
    const Finished finished = start_in_vain(directory.path(), {"--listen", "192.0.2.1:0"});
    check_failure(finished, 1, "cannot listen on 192.0.2.1:0: Cannot assign requested address\n");
  }

  TEST_CASE("a data directory that cannot be made is named") {
    const TemporaryDirectory directory;
    const std::string file = put(directory, "file", "content");
    for (const std::string& path : {file, file + "/below", std::string("/proc/rl-data")}) {
      const Finished finished = start_in_vain(path);
      check_failure(finished, 1, "cannot make the directory " + path + ": ");
      CHECK(contains(finished.err, "choose another with --data-dir"));
    }
    CHECK(rl::read_file(file).value_or("") == "content");
  }

  TEST_CASE("a data directory that others can write into is refused") {
    const TemporaryDirectory directory;
    REQUIRE(::chmod(directory.path().c_str(), 0770) == 0);
    const Finished finished = start_in_vain(directory.path());
    check_failure(finished, 1, "others can write into the data directory " + directory.path());
    CHECK_FALSE(std::filesystem::exists(directory.path() + "/admin-token"));
  }

  TEST_CASE("a data directory in use by another server is refused and left alone") {
    const RlServer first;
    const std::string published = rl::read_file(first.data_dir() + "/server.json").value_or("");
    const std::string token = first.token();
    const Finished second = start_in_vain(first.data_dir());
    check_failure(
        second, 1,
        "the data directory " + first.data_dir() + " belongs to a server that is running");
    CHECK(contains(second.err, "give this one another with --data-dir"));
    CHECK_FALSE(published.empty());
    CHECK(rl::read_file(first.data_dir() + "/server.json").value_or("") == published);
    CHECK(first.token() == token);
    CHECK(first.rlctl({"status"}).status == 0);
  }

  TEST_CASE("an admin token that others can read or that is no token is bad configuration") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    const std::string good = "0123456789abcdef";
    const std::string open = put(directory, "open", good, rl::FileMode::kPublic);
    const Finished readable = start_in_vain(data_dir, {"--admin-token-file", open});
    check_failure(readable, 7, "the admin token file " + open + " can be read by others\n");
    CHECK(contains(readable.err, "chmod 600 " + open));
    REQUIRE(::chmod(open.c_str(), 0640) == 0);  // by the group is by others too
    check_failure(start_in_vain(data_dir, {"--admin-token-file", open}), 7,
                  "the admin token file " + open + " can be read by others\n");

    const std::pair<std::string, std::string> not_tokens[] = {
        {"", " holds no admin token\n"},
        {"0123456789abcde", ", line 1, is no admin token\n"},
        {"0123456789 abcdef", ", line 1, is no admin token\n"},
        {good + "\n" + good, ", line 2: this token stands there before\n"},
        {"anna root " + good, ", line 1, has no role\n"},
        {std::string(257, 'x'), ", line 1, is no admin token\n"}};
    for (const auto& [text, message] : not_tokens) {
      CAPTURE(text);
      const std::string path = put(directory, "token", text);
      check_failure(start_in_vain(data_dir, {"--admin-token-file", path}), 7, path + message);
    }
    check_failure(start_in_vain(data_dir, {}, {{"RL_ADMIN_TOKEN", "short"}}), 7,
                  "the variable RL_ADMIN_TOKEN, line 1, is no admin token\n");
    check_failure(start_in_vain(data_dir, {"--admin-token-file", directory.path() + "/none"}), 7,
                  "cannot read " + directory.path() + "/none");
  }

  TEST_CASE("a refused token is not shown") {
    const TemporaryDirectory directory;
    const std::string secret = "tell nobody of this";
    const Finished finished = start_in_vain(directory.path(), {}, {{"RL_ADMIN_TOKEN", secret}});
    CHECK(finished.status == 7);
    CHECK_FALSE(contains(finished.err, secret));
  }

  TEST_CASE("an admin listener that others can reach needs a token of its own") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    for (const std::string& address : {std::string("0.0.0.0:0"), std::string("[::]:0")}) {
      const Finished finished = start_in_vain(data_dir, {"--admin-listen", address});
      check_failure(
          finished, 7,
          "the admin listener " + address + " can be reached from outside and has no token\n");
      CHECK(contains(finished.err, "--admin-token-file or RL_ADMIN_TOKEN"));
    }
    CHECK_FALSE(std::filesystem::exists(data_dir + "/admin-token"));
  }

  TEST_CASE("a ready file that cannot be written is a failure and not a server without one") {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/none/ready.json";
    const Finished finished = start_in_vain(directory.path() + "/data", {"--ready-file", path});
    CHECK(finished.status == 1);
    CHECK(contains(finished.err, "rlserver: cannot write " + path));
    CHECK_FALSE(std::filesystem::exists(directory.path() + "/data/server.json"));
  }

  TEST_CASE("a start that fails at the very end leaves no ready file of an earlier run") {
    const TemporaryDirectory directory;
    const std::string ready = put(directory, "ready.json", "{}");
    const std::string data_dir = directory.path() + "/data";
    REQUIRE(rl::make_private_directory(data_dir + "/server.json/in-the-way").has_value());
    const Finished finished = start_in_vain(data_dir, {"--ready-file", ready});
    check_failure(finished, 1, "cannot write " + data_dir + "/server.json");
    CHECK_FALSE(std::filesystem::exists(ready));
  }

  TEST_CASE("a start that fails does not touch the ready file of another server") {
    const RlServer first;
    const std::string ready = rl::read_file(first.ready_file()).value_or("");
    const TemporaryDirectory directory;
    const Finished second = start_in_vain(directory.path(), {"--listen", first.data().to_string(),
                                                             "--ready-file", first.ready_file()});
    CHECK(second.status == 1);
    CHECK_FALSE(ready.empty());
    CHECK(rl::read_file(first.ready_file()).value_or("") == ready);
  }

  TEST_CASE("a closed stderr changes no exit status") {
    const std::vector<std::string> closed = {"/bin/sh", "-c", "exec \"$@\" 2>&-", "sh"};
    const auto run_closed = [&](std::vector<std::string> argv) {
      argv.insert(argv.begin(), closed.begin(), closed.end());
      return rl::test::run({.argv = argv}).status;
    };
    CHECK(run_closed({rl::test::program("rlserver"), "--nonsense"}) == 2);
    CHECK(run_closed({rl::test::program("rlserver"), "--tiers", "/nonexistent"}) == 7);
    CHECK(run_closed({rl::test::program("rlctl"), "nonsense"}) == 2);
    CHECK(run_closed({rl::test::program("rlctl"), "tiers", "validate", "/nonexistent"}) == 7);
    CHECK(run_closed({rl::test::program("rlload"), "nonsense"}) == 2);
  }

  TEST_CASE("a server without stdout and stderr writes into no file of its own") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    const std::string ready = directory.path() + "/ready.json";
    auto server = rl::ChildProcess::start(
        {.argv = {"/bin/sh", "-c", "exec \"$@\" >&- 2>&-", "sh", rl::test::program("rlserver"),
                  "--tiers", rl::test::kSampleTiers, "--listen", "127.0.0.1:0", "--admin-listen",
                  "127.0.0.1:0", "--data-dir", data_dir, "--ready-file", ready},
         .environment = rl::test::clean_environment()});
    REQUIRE(server.has_value());
    REQUIRE(rl::test::eventually([&] { return std::filesystem::exists(ready); }));
    const Environment here = {{"RL_DATA_DIR", data_dir}};
    CHECK(run_program("rlctl", {"health", "set", "degraded"}, here).status == 0);
    CHECK(server->stop() == 0);
    CHECK(rl::read_file(data_dir + "/lock").value_or("none") == "");
  }
}
