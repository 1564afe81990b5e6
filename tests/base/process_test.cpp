#include "rl/base/process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include "rl/base/file.h"
#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;

TEST_SUITE("base") {
  TEST_CASE("a child's output and exit status come back") {
    const rl::test::TemporaryDirectory directory;
    const std::string out = directory.path() + "/out";
    auto child = rl::ChildProcess::start({.argv = {"/bin/sh", "-c", "echo $RL_TEST; exit 7"},
                                          .environment = {{"RL_TEST", "hello"}},
                                          .stdout_path = out});
    REQUIRE(child.has_value());
    CHECK(child->wait(10s) == 7);
    CHECK(rl::read_file(out).value() == "hello\n");
  }

  TEST_CASE("a child that runs on is told so and can be stopped") {
    auto child = rl::ChildProcess::start({.argv = {"/bin/sleep", "60"}});
    REQUIRE(child.has_value());
    CHECK_FALSE(child->wait(1ms).has_value());
    CHECK(child->stop() == 128 + SIGTERM);
  }

  TEST_CASE("a program that is not there is an error and no process") {
    const auto child = rl::ChildProcess::start({.argv = {"/nonexistent"}});
    REQUIRE_FALSE(child.has_value());
    CHECK(child.error().message == "cannot start /nonexistent: No such file or directory");
  }
}
