#include "rl/load/demo.h"

#include <doctest/doctest.h>

#include <string>

#include "rl/base/file.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"

using rl::load::Abort;
using rl::load::DemoReport;
using rl::load::ExitCode;

namespace {

rl::Result<DemoReport, Abort> run_with(const std::string& tiers_path) {
  const rl::SystemClock clock;
  const rl::load::SleepingPacer pacer(clock);
  return rl::load::run_demo(
      {.version = "1.2.3", .tiers_path = tiers_path, .rlserver = "/nonexistent/rlserver"}, clock,
      pacer, {});
}

}  // namespace

TEST_SUITE("load") {
  TEST_CASE("a tiers file with faults is a usage error that names them all") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/tiers.toml";
    REQUIRE(rl::write_file(path, "version = 1\nfast = 1\nslow = 2\n", rl::FileMode::kPrivate)
                .has_value());
    const auto report = run_with(path);
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == ExitCode::kUsage);
    CHECK(report.error().error.message.find("tiers.toml:2:1") != std::string::npos);
    CHECK(report.error().error.message.find("tiers.toml:3:1") != std::string::npos);
  }

  TEST_CASE("a tiers file that is not there is a usage error") {
    const auto report = run_with("/nonexistent/tiers.toml");
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == ExitCode::kUsage);
  }

  TEST_CASE("a server that cannot be started is a failure") {
    const auto report = run_with(rl::test::source_dir() + "/tiers.toml");
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == ExitCode::kFailure);
    CHECK(report.error().error.message.find("/nonexistent/rlserver") != std::string::npos);
  }
}
