#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::Finished;
using rl::test::put;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

/// rlserver with a file of that text, asked for its settings.
Finished print_config(const std::string& text, std::vector<std::string> flags = {},
                      const Environment& environment = {}) {
  const TemporaryDirectory directory;
  flags.insert(flags.end(), {"--config", put(directory, "rl.toml", text), "--print-config"});
  Finished finished = run_program("rlserver", flags, environment);
  for (std::string* const out : {&finished.out, &finished.err}) {
    for (auto at = out->find(directory.path()); at != std::string::npos;
         at = out->find(directory.path())) {
      out->replace(at, directory.path().size() + 1, "");
    }
  }
  return finished;
}

/// The line of a setting, with single spaces.
std::string line_of(const Finished& finished, const std::string& key) {
  const std::string text = "\n" + finished.out;
  const std::size_t at = text.find("\n" + key + " = ");
  REQUIRE_MESSAGE(at != std::string::npos, finished.out);
  std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  for (auto two = line.find("  "); two != std::string::npos; two = line.find("  ")) {
    line.erase(two, 1);
  }
  return line;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a flag goes before its variable, that before the file, and that before the default") {
    const std::string file = "threads = 3\nmax-buckets = 500\nlog-level = \"warn\"\n";
    const Finished shown =
        print_config(file, {"--threads", "5"}, {{"RL_THREADS", "4"}, {"RL_MAX_BUCKETS", "600"}});
    CHECK(shown.status == 0);
    CHECK(line_of(shown, "threads") == "threads = 5 # flag");
    CHECK(line_of(shown, "max-buckets") == "max-buckets = 600 # variable RL_MAX_BUCKETS");
    CHECK(line_of(shown, "log-level") == "log-level = \"warn\" # rl.toml:3");
    CHECK(line_of(shown, "max-memory") == "max-memory = 1024 # default");
    CHECK(line_of(shown, "dev") == "dev = false # default");
    CHECK(contains(shown.out, "\n# ready-file "));
  }

  TEST_CASE("what --print-config shows is a file that says the same") {
    const Finished first = print_config(
        "listen = \"127.0.0.1:0\"\ndev = true\nopen-metrics = true\nthreads = \"7\"\n"
        "tiers = \"a \\\"b\\\" \\u00e9.toml\"\n");
    REQUIRE(first.status == 0);
    const Finished second = print_config(first.out);
    REQUIRE_MESSAGE(second.status == 0, second.err);
    for (const char* const key : {"listen", "dev", "open-metrics", "threads", "tiers"}) {
      CAPTURE(key);
      const std::string before = line_of(first, key);
      const std::string after = line_of(second, key);
      CHECK(before.substr(0, before.find(" #")) == after.substr(0, after.find(" #")));
    }
    CHECK(line_of(second, "threads").starts_with("threads = 7 # rl.toml:"));
  }

  TEST_CASE("what is wrong in a settings file is told with line and column, all of it") {
    const Finished finished = print_config("treads = 3\n\n  threads = 0\ncheck-config = true\n");
    CHECK(finished.status == 7);
    CHECK(
        contains(finished.err,
                 "rl.toml:1:1: error: unknown setting \"treads\"\n  did you mean \"threads\"?\n"));
    CHECK(contains(finished.err, "rl.toml:3:3: error: "));
    CHECK(contains(finished.err, "rl.toml:4:1: error: unknown setting \"check-config\"\n"));
    CHECK(finished.out.empty());

    const Finished level = print_config("threads = 3\nlog-level = \"loud\"\n");
    CHECK(level.status == 7);
    CHECK(level.err ==
          "rl.toml:2:1: error: \"loud\" is not a log level\n  use debug, info, warn or error\n");
    CHECK(run_program("rlserver", {"--config", "/nonexistent.toml"}).status == 7);
  }

  TEST_CASE("a password is not shown among the settings") {
    const Finished shown =
        print_config("redis-url = \"redis://user:hunter2@127.0.0.1:6379/0\"\nstore = \"redis\"\n");
    CHECK(shown.status == 0);
    CHECK(line_of(shown, "redis-url") ==
          "redis-url = \"redis://user:***@127.0.0.1:6379/0\" # rl.toml:1");
    CHECK_FALSE(contains(shown.out, "hunter2"));
  }

  TEST_CASE("a server runs by its settings file") {
    const TemporaryDirectory directory;
    const std::string file = put(directory, "rl.toml", "headers = \"server-timing\"\n");
    const rl::test::RlServer server({.flags = {"--config", file}});
    const auto reply = server.get("/test", "rlk_demo_free");
    CHECK(reply.status == 200);
    CHECK(rl::test::header(reply, "Server-Timing").starts_with("rl;dur="));
    CHECK(rl::test::header(reply, "X-RateLimit-Limit").empty());
  }
}
