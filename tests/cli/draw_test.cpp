#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "rl/limit/rule.h"
#include "tests/cli/programs.h"
#include "tests/support/paths.h"

using rl::test::contains;
using rl::test::Finished;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

std::vector<std::string> names_in(const TemporaryDirectory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Finished draw(const TemporaryDirectory& directory, std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"draw", "--out", directory.path()});
  return run_program("rlload", flags);
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("draw writes a picture of each algorithm and tells its numbers") {
    const TemporaryDirectory directory;
    const Finished finished = draw(directory, {});
    CHECK(finished.status == 0);
    CHECK(finished.err.empty());
    const std::string path = directory.path() + "/";
    CHECK(finished.out ==
          "rlload draw   limit 100 in 1m, base 100: 100 just before 1m, 100 just after, then 120 "
          "per 1m until 3m\n"
          "\n"
          "ALGORITHM\tADMITTED\tDENIED\tIN BURSTS\tIN ONE WINDOW\tOVER\tAT MOST\tFILE\n"
          "sliding_window\t206\t228\t100\t100\t0\t100\t" +
              path +
              "sliding_window.svg\n"
              "sliding_counter\t298\t136\t104\t194\t94\t199\t" +
              path +
              "sliding_counter.svg\n"
              "token_bucket\t304\t130\t109\t199\t99\t199\t" +
              path +
              "token_bucket.svg\n"
              "fixed_window\t300\t134\t200\t200\t100\t200\t" +
              path + "fixed_window.svg\n");
    CHECK(names_in(directory) == std::vector<std::string>{"fixed_window.svg", "sliding_counter.svg",
                                                          "sliding_window.svg",
                                                          "token_bucket.svg"});
    struct stat status {};
    REQUIRE(::stat((path + "fixed_window.svg").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0644U);
  }

  TEST_CASE("the pictures in the documentation are those that draw draws now") {
    const TemporaryDirectory directory;
    REQUIRE(draw(directory, {}).status == 0);
    for (const rl::Algorithm algorithm : rl::kAlgorithms) {
      const std::string name = std::string(rl::to_string(algorithm)) + ".svg";
      CAPTURE(name);
      const auto documented = rl::read_file(rl::test::source_dir() + "/docs/algorithms/" + name);
      REQUIRE(documented.has_value());
      const bool same = *documented == rl::read_file(directory.path() + "/" + name).value_or("");
      CHECK_MESSAGE(same, "renew them: rlload draw --out docs/algorithms");
    }
  }

  TEST_CASE("draw draws one algorithm under any limit of a tiers file and tells it as json") {
    const TemporaryDirectory directory;
    const Finished finished = draw(directory, {"--algorithm", "token_bucket", "--window", "10s",
                                               "--base", "100", "--burst", "150", "-o", "json"});
    CHECK(finished.status == 0);
    CHECK(names_in(directory) == std::vector<std::string>{"token_bucket.svg"});
    const auto document = rl::test::parse_json(finished.out);
    REQUIRE(document.is_object());
    CHECK(document["schema_version"] == 1);
    CHECK(document["command"] == "draw");
    CHECK(document["window"] == "10s");
    CHECK(document["base"] == 100);
    CHECK(document["burst"] == 150);
    REQUIRE(document["algorithms"].size() == 1);
    const auto& bucket = document["algorithms"][0];
    CHECK(bucket["algorithm"] == "token_bucket");
    CHECK(bucket["at_most_in_one_window"] == 249);
    CHECK(bucket["largest_in_one_window"] <= 249);
    CHECK(bucket["largest_in_one_window"] > 240);
    CHECK(bucket["file"] == directory.path() + "/token_bucket.svg");

    CHECK(draw(directory, {"--base", "0"}).status == 0);
    CHECK(draw(directory, {"--base", "4000000000", "--algorithm", "fixed_window"}).status == 0);
  }

  TEST_CASE("draw refuses what a tiers file may not say and writes nothing") {
    struct Row {
      std::vector<std::string> flags;
      std::string told;
    };
    const std::vector<Row> table = {
        {{"--window", "99ms"}, "\"window\" must be 100ms to 31d, not \"99ms\""},
        {{"--window", "32d"}, "\"window\" must be 100ms to 31d, not \"32d\""},
        {{"--window", "4000000000d"}, "the number is too large"},
        {{"--window", "1"}, "\"1\" is not a duration: it has no unit"},
        {{"--base=-1"}, "\"base\" must be 0 to 4000000000, not -1"},
        {{"--base", "many"}, "--base"},
        {{"--base", "100", "--burst", "99"}, "burst 99 is smaller than base 100"},
        {{"--burst", "4000000001"}, "\"burst\" must be 0 to 4000000000, not 4000000001"},
        {{"--base", "100001"}, "an exact sliding_window cannot count up to 100001"},
        {{"--base", "0", "--burst", "1"}, "a token_bucket with base 0 is never refilled"},
        {{"--algorithm", "leaky_bucket"}, "unknown algorithm \"leaky_bucket\""},
        {{"--algorithm", "token_buket"}, "did you mean \"token_bucket\"?"},
        {{"--algoritm", "token_bucket"}, "did you mean \"--algorithm\"?"},
    };
    const TemporaryDirectory directory;
    for (const Row& row : table) {
      CAPTURE(row.told);
      const Finished finished = draw(directory, row.flags);
      CAPTURE(finished.err);
      CHECK(finished.status == 2);
      CHECK(finished.out.empty());
      CHECK(finished.err.starts_with("rlload: "));
      CHECK(contains(finished.err, row.told));
    }
    CHECK(names_in(directory).empty());
  }

  TEST_CASE("draw that cannot write says where and leaves nothing half-written") {
    const Finished nowhere = run_program("rlload", {"draw", "--out", "/nonexistent"});
    CHECK(nowhere.status == 1);
    CHECK(nowhere.out.empty());
    CHECK(nowhere.err ==
          "rlload: cannot write /nonexistent/sliding_window.svg: No such file or directory\n");

    const TemporaryDirectory directory;
    const std::string occupied = directory.path() + "/token_bucket.svg";
    REQUIRE(std::filesystem::create_directory(occupied));
    const Finished finished = draw(directory, {"--algorithm", "token_bucket"});
    CHECK(finished.status == 1);
    CHECK(finished.err == "rlload: cannot write " + occupied + ": Is a directory\n");
    CHECK(names_in(directory) == std::vector<std::string>{"token_bucket.svg"});
  }
}
