#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

/// A faulty tiers file, and "LINE:COLUMN: error: …" of its first fault.
struct Broken {
  std::string text;
  std::string told;
};

const std::string kHead = "version = 1\ndefault_tier = \"free\"\n";

/// From line 3 on: one tier with one limit that has these keys, from line 4 on.
std::string limit(const std::string& keys) {
  return kHead + "[[tiers.free.limits]]\n" + keys;
}

/// A good file, and more from line 6 on.
std::string good_and(const std::string& more) {
  return limit("window = \"1m\"\nbase = 10\n") + more;
}

const std::vector<Broken> kBrokenDocuments = {
    {"", R"(1:1: error: "version" is missing)"},
    {"version = \n", "1:11: error: invalid TOML in key-value pair"},
    {"[tiers\n", "1:7: error: invalid TOML in table header"},
    {"default_tier = \"free\"\n[tiers.free]\nunlimited = true\n",
     R"(1:1: error: "version" is missing)"},
    {"version = 2\ndefault_tier = \"free\"\n[tiers.free]\nunlimited = true\n",
     "1:11: error: version 2 is unknown"},
    {"version = 1\ndefault_tier = \"gold\"\n[tiers.free]\nunlimited = true\n",
     R"(2:16: error: unknown tier "gold")"},
    {kHead, R"(1:1: error: "tiers" is missing)"},
    {kHead + "tiers = 3\n", R"(3:9: error: "tiers" must be a table, not an integer)"},
    {kHead + "[tiers.free]\n", R"(3:1: error: tier "free" has no limits)"},
    {good_and("[tiers.Pro]\nunlimited = true\n"), R"(6:8: error: "Pro" is not a tier's name)"},
    {kHead + "[tiers.free]\nlimits = []\n", R"(4:10: error: "limits" is empty)"},
    {good_and("[tires.pro]\n"), R"(6:2: error: unknown key "tires")"},
    {good_and("[anonymous]\ntier = \"guest\"\n"), R"(7:8: error: unknown tier "guest")"},
    {good_and("[[routes]]\nmatch = \"/v1\"\ncost = 1\n"),
     R"(7:9: error: "/v1" is not a method and a path)"},
    {good_and("[[routes]]\nmatch = \"GET /v1\"\n"),
     "6:1: error: this route has neither a cost nor limits"},
};

const std::vector<Broken> kBrokenLimits = {
    {limit("window = \"1m\"\n"), R"(3:1: error: "base" is missing)"},
    {limit("base = 1\n"), R"(3:1: error: "window" is missing)"},
    {limit("window = \"1 minute\"\nbase = 1\n"), R"(4:10: error: "1 minute" is not a duration)"},
    {limit("window = \"10ms\"\nbase = 1\n"), R"(4:10: error: "window" must be 100ms to 31d)"},
    {limit("window = \"1m\"\nbase = -1\n"),
     R"(5:8: error: "base" must be 0 to 4000000000, not -1)"},
    {limit("window = \"1m\"\nbase = \"10\"\n"),
     R"(5:8: error: "base" must be an integer, not a string)"},
    {limit("window = \"1m\"\nbase = 10\nburst = 9\n"),
     "6:9: error: burst 9 is smaller than base 10"},
    {limit("window = \"1m\"\nbase = 10\ndegraded = 11\n"),
     "6:12: error: degraded 11 is larger than base 10"},
    {limit("window = \"1m\"\nbase = 200000\n"),
     "5:8: error: an exact sliding_window cannot count up to 200000: at most 100000"},
    {limit("window = \"1m\"\nbase = 10\nalgorithm = \"leaky\"\n"),
     R"(6:13: error: unknown algorithm "leaky")"},
    {limit("window = \"1m\"\nbase = 10\nscope = \"planet\"\n"),
     R"(6:9: error: unknown scope "planet")"},
    {limit("window = \"1m\"\nbase = 10\nbrust = 20\n"), R"(6:1: error: unknown key "brust")"},
    {good_and("[[tiers.free.limits]]\nwindow = \"1m\"\nbase = 5\n"),
     R"(7:10: error: a second limit named "1m")"},
};

void check_told(const rl::test::Finished& finished, const std::string& path,
                const std::string& told) {
  CHECK(finished.status == 7);
  CHECK(finished.out.empty());
  const std::string first_line = finished.err.substr(0, finished.err.find('\n'));
  CHECK_MESSAGE(first_line.starts_with(path + ":" + told), first_line);
}

void check_both_programs(const std::vector<Broken>& table) {
  const TemporaryDirectory directory;
  for (const Broken& broken : table) {
    CAPTURE(broken.text);
    const std::string path = put(directory, "tiers.toml", broken.text);
    check_told(run_program("rlserver", {"--check-config", "--tiers", path}), path, broken.told);
    check_told(run_program("rlctl", {"tiers", "validate", path}), path, broken.told);
  }
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("every kind of broken tiers document is told with file and line and column") {
    REQUIRE(kBrokenDocuments.size() >= 15);
    check_both_programs(kBrokenDocuments);
  }

  TEST_CASE("every kind of broken limit is told with file and line and column") {
    check_both_programs(kBrokenLimits);
  }

  TEST_CASE("all faults of a file are told at once with what was meant") {
    const TemporaryDirectory directory;
    const std::string path = put(
        directory, "t.toml", limit("window = \"1x\"\nbase = 10\nbrust = 20\nscope = \"kee\"\n"));
    const auto finished = run_program("rlctl", {"tiers", "validate", path});
    CHECK(finished.status == 7);
    CHECK(contains(finished.err, path + ":4:10: error: \"1x\" is not a duration\n"));
    CHECK(contains(finished.err, path + ":6:1: error: unknown key \"brust\"\n"
                                        "  did you mean \"burst\"?\n"));
    CHECK(contains(finished.err, path + ":7:9: error: unknown scope \"kee\"\n"
                                        "  did you mean \"key\"?\n"));
  }

  TEST_CASE("a server with a broken tiers file does not start and leaves nothing behind") {
    const TemporaryDirectory directory;
    const std::string path = put(directory, "t.toml", "version = 1\n");
    const std::string data_dir = directory.path() + "/data";
    const auto finished =
        run_program("rlserver", {"--dev", "--tiers", path, "--listen", "127.0.0.1:0",
                                 "--admin-listen", "127.0.0.1:0", "--data-dir", data_dir});
    check_told(finished, path, R"(1:1: error: "default_tier" is missing)");
    CHECK_FALSE(std::filesystem::exists(data_dir));
  }

  TEST_CASE("a good tiers file is said to be good") {
    const auto server =
        run_program("rlserver", {"--check-config", "--tiers", rl::test::kSampleTiers});
    CHECK(server.status == 0);
    CHECK(server.out == rl::test::kSampleTiers + ": ok, 3 tiers\n");
    const auto ctl = run_program("rlctl", {"tiers", "validate", rl::test::kSampleTiers});
    CHECK(ctl.status == 0);
    CHECK(ctl.out == rl::test::kSampleTiers + ": ok, 3 tiers, 0 routes, default tier free\n");
  }

  TEST_CASE("a tiers file that is missing or no file is bad configuration") {
    for (const std::string& path : {std::string("/nonexistent/tiers.toml"), std::string("/")}) {
      for (const auto& finished : {run_program("rlserver", {"--check-config", "--tiers", path}),
                                   run_program("rlctl", {"tiers", "validate", path})}) {
        CHECK(finished.status == 7);
        CHECK(contains(finished.err, path + ": error: cannot read " + path));
      }
    }
  }

  TEST_CASE("rlctl tells the faults of a tiers file as json too") {
    const TemporaryDirectory directory;
    const std::string path = put(directory, "t.toml", limit("window = \"1m\"\nbase = -1\n"));
    const auto finished = run_program("rlctl", {"tiers", "validate", path, "-o", "json"});
    CHECK(finished.status == 7);
    const auto document = rl::test::parse_json(finished.out);
    CHECK(document["schema_version"] == 1);
    CHECK(document["valid"] == false);
    REQUIRE(document["diagnostics"].size() == 1);
    CHECK(document["diagnostics"][0]["file"] == path);
    CHECK(document["diagnostics"][0]["line"] == 5);
    CHECK(document["diagnostics"][0]["column"] == 8);
  }
}
