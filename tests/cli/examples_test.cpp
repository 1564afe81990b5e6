#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/cli/programs.h"

using rl::test::run_program;

TEST_SUITE("cli") {
  TEST_CASE("every example has a tiers file that is good") {
    std::set<std::string> names;
    const std::string root = rl::test::source_dir() + "/examples";
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      const std::string name = entry.path().filename().string();
      CAPTURE(name);
      const auto finished =
          run_program("rlctl", {"tiers", "validate", entry.path().string() + "/tiers.toml"});
      CHECK_MESSAGE(finished.status == 0, finished.err);
      names.insert(name);
    }
    for (const char* const system :
         {"user-quotas", "gpu-api", "sliding-window", "keyed-endpoint", "gateway"}) {
      CHECK(names.count(system) == 1);
    }
  }
}
