#include <doctest/doctest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"

using rl::test::contains;
using rl::test::eventually;
using rl::test::matches;
using rl::test::RlServer;

namespace {

/// `rlctl health watch` at work.
class Watch {
 public:
  explicit Watch(const RlServer& server) : server_(server) {
    auto environment = rl::test::clean_environment();
    environment.emplace_back("RL_DATA_DIR", server.data_dir());
    auto started = rl::ChildProcess::start({.argv = {rl::test::program("rlctl"), "health", "watch"},
                                            .environment = environment,
                                            .stdout_path = directory_.path() + "/out",
                                            .stderr_path = directory_.path() + "/err"});
    REQUIRE(started.has_value());
    process_.emplace(std::move(*started));
  }

  bool prints(const std::string& expected) const {
    return eventually([&] { return matches(expected, out()); });
  }
  std::string out() const { return rl::read_file(directory_.path() + "/out").value_or(""); }
  std::string err() const { return rl::read_file(directory_.path() + "/err").value_or(""); }

  std::optional<int> interrupt() {
    process_->signal(SIGINT);
    return wait();
  }
  std::optional<int> wait() { return process_->wait(std::chrono::seconds{30}); }

 private:
  const RlServer& server_;
  rl::test::TemporaryDirectory directory_;
  std::optional<rl::ChildProcess> process_;
};

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a health that was set for a time ends by itself") {
    const RlServer server;
    const auto set = server.rlctl({"health", "set", "degraded", "--for", "1s"});
    CHECK(set.status == 0);
    CHECK(set.err.empty());
    CHECK(server.rlctl({"health", "watch", "--until", "degraded", "--timeout", "1ms"}).status == 0);
    const auto watch = server.rlctl({"health", "watch", "--until", "normal", "--timeout", "5s"});
    CHECK(watch.status == 0);
    CHECK(contains(watch.out, "\tNORMAL\tversion 3\tdefault\t"));
    CHECK(contains(watch.out, "the time of the previous state ran out"));
    CHECK(rl::test::header(server.get("/test", "rlk_demo_free"), "X-RateLimit-Limit") == "20");
    CHECK(rl::test::eventually(
        [&] { return contains(server.log(), "health set state=NORMAL version=3"); }));
    const std::string audit = server.rlctl({"audit", "list"}).out;
    CHECK(rl::test::matches(
        "AT\tWHO\tFROM\tACTION\tWHAT\tBEFORE\tAFTER\n"
        "…Z\tttl\t\thealth.set\thealth v3\tDEGRADED until …Z\tNORMAL: the time of …\n"
        "…Z\tadmin\t127.0.0.1\thealth.set\thealth v2\tNORMAL\tDEGRADED until …Z\n"
        "…\n",
        audit));
    CHECK(server.rlctl({"health", "set", "degraded", "--for", "1ms"}).status == 0);  // a second
  }

  TEST_CASE("a health without an end comes with a reminder and every change is logged") {
    const RlServer server;
    const auto set = server.rlctl({"health", "set", "DEGRADED", "--reason", "drill"});
    CHECK(set.status == 0);
    CHECK(set.err ==
          "rlctl: the fleet stays DEGRADED until somebody sets it back\n"
          "  rlctl health set normal\n");
    CHECK(contains(server.log(),
                   "health set state=DEGRADED version=2 by=admin@127.0.0.1 reason=drill\n"));
    CHECK(server.rlctl({"health", "set", "normal"}).err.empty());
  }

  TEST_CASE("watch prints a line for every change until it is interrupted") {
    const RlServer server;
    Watch watch(server);
    const std::string first = "…\tNORMAL\tversion 1\tdefault\t\n";
    REQUIRE(watch.prints(first));
    REQUIRE(server.rlctl({"health", "set", "degraded", "--reason", "drill"}).status == 0);
    REQUIRE(
        watch.prints(first + "…\tDEGRADED\tversion 2\tmanual\tset by admin@127.0.0.1: drill\n"));
    CHECK(watch.interrupt() == 130);
    CHECK(watch.err().empty());
  }

  TEST_CASE("watch ends as unreachable when its server goes") {
    RlServer server;
    Watch watch(server);
    REQUIRE(watch.prints("…\tNORMAL\t…\n"));
    server.signal(SIGTERM);
    CHECK(watch.wait() == 3);
    CHECK(watch.err().starts_with("rlctl: "));
    CHECK(server.wait() == 0);
  }
}
