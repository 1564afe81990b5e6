#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::Finished;
using rl::test::matches;
using rl::test::RlServer;
using rl::test::run_program;
using rl::test::TemporaryDirectory;

namespace {

/// Two tiers whose demo sends 100 requests a phase.
constexpr char kSmallTiers[] = R"(version = 1
default_tier = "small"
[tiers.small]
[[tiers.small.limits]]
window = "1m"
base = 5
burst = 10
degraded = 4
[tiers.large]
[[tiers.large.limits]]
window = "1m"
base = 30
burst = 35
)";

/// One tier with the numbers of faulty_rlserver.
constexpr char kFakeTiers[] = R"(version = 1
default_tier = "fake"
[tiers.fake]
[[tiers.fake.limits]]
window = "1m"
base = 10
degraded = 4
)";

bool is_empty(const TemporaryDirectory& directory) {
  return std::filesystem::is_empty(directory.path());
}

/// `rlload demo` against the faulty server.
Finished demo_of_fault(const std::string& fault) {
  const TemporaryDirectory directory;
  const std::string tiers = put(directory, "tiers.toml", kFakeTiers);
  return run_program("rlload",
                     {"demo", "--tiers", tiers, "--rate", "100/s", "--rlserver",
                      rl::test::program("faulty_rlserver")},
                     {{"FAULT", fault}});
}

void check_usage(const std::vector<std::string>& arguments, const std::string& message) {
  const Finished finished = run_program("rlload", arguments);
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err.starts_with("rlload: "));
  CHECK(contains(finished.err, message));
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("the demo proves the limits of a good server and leaves nothing behind") {
    const TemporaryDirectory directory;
    const TemporaryDirectory scratch;
    const std::string tiers = put(directory, "tiers.toml", kSmallTiers);
    const Finished finished = run_program("rlload", {"demo", "--tiers", tiers, "--rate", "200/s"},
                                          {{"TMPDIR", scratch.path()}});
    CAPTURE(finished.err);
    CHECK(finished.status == 0);
    CHECK_MESSAGE(
        matches("rlload demo   1 server, store memory, seed 42, planned 200/s, achieved …\n"
                "\n"
                "PHASE\tTIER\tSENT\tALLOWED\t429\tEXPECTED\tVERDICT\n"
                "NORMAL\tsmall\t30\t10\t20\t10\tok\n"
                "NORMAL\tlarge\t70\t35\t35\t35\tok\n"
                "DEGRADED\tsmall\t30\t4\t26\t4\tok\n"
                "DEGRADED\tlarge\t70\t30\t40\t30\tok\n"
                "\n"
                "switch     server on DEGRADED … ms after the command\n"
                "oracle     over-admitted 0   wrongly denied 0   of 200 decisions\n"
                "latency    p50 …  p95 …  p99 … ms\n"
                "PASS\n",
                finished.out),
        finished.out);
    CHECK(contains(finished.err, "NORMAL: 100 requests in 0.5 s"));
    CHECK(is_empty(scratch));
  }

  TEST_CASE("the demo tells the same as json") {
    const TemporaryDirectory directory;
    const std::string tiers = put(directory, "tiers.toml", kSmallTiers);
    const Finished finished = run_program(
        "rlload", {"demo", "--tiers", tiers, "--rate", "200/s", "--seed", "7", "-o", "json"});
    CHECK(finished.status == 0);
    const auto document = rl::test::parse_json(finished.out);
    REQUIRE(document.is_object());
    CHECK(document["schema_version"] == 1);
    CHECK(document["seed"] == 7);
    CHECK(document["verdict"] == "PASS");
    CHECK(document["cells"].size() == 4);
    CHECK(document["cells"][0]["allowed"] == 10);
    CHECK(document["oracle"]["decisions"] == 200);
  }

  TEST_CASE("a server without a fault passes the demo that finds the faults") {
    const Finished finished = demo_of_fault("none");
    CHECK_MESSAGE(finished.status == 0, finished.out);
  }

  TEST_CASE("the demo proves what a faulty server does wrong") {
    struct Row {
      std::string fault;
      std::string told;
    };
    const std::vector<Row> table = {
        {"over-admits", "NORMAL fake: over-admitted 1 within one window"},
        {"denies early", "NORMAL fake: wrongly denied "},
        {"fails", "NORMAL fake: status 500"},
        {"no Retry-After", "NORMAL fake: 429 without a Retry-After of at least 1"},
    };
    for (const Row& row : table) {
      CAPTURE(row.fault);
      const Finished finished = demo_of_fault(row.fault);
      CAPTURE(finished.out);
      CHECK(finished.status == 99);
      CHECK(contains(finished.out, "\n" + row.told));
      CHECK(finished.out.ends_with("\nFAIL\n"));
    }
  }

  TEST_CASE("the demo proves that a server which confirms a switch and stays as it is does wrong") {
    const Finished finished = demo_of_fault("stays NORMAL");
    CHECK(finished.status == 99);
    CHECK(contains(finished.out, "\nDEGRADED version 2 was acknowledged but not seen within 5s"));
    CHECK(finished.out.ends_with("\nFAIL\n"));
  }

  TEST_CASE("a demo that cannot be done says why") {
    const TemporaryDirectory directory;
    const std::string tiers = put(directory, "tiers.toml", kSmallTiers);
    const std::string broken = put(directory, "broken.toml", "version = 1\n");
    const std::string global =
        put(directory, "global.toml",
            std::string(kSmallTiers) + "[[global.limits]]\nwindow = \"1s\"\nbase = 5\n");
    check_usage({"demo", "--tiers", "/nonexistent"}, "cannot read /nonexistent");
    check_usage({"demo", "--tiers", broken}, broken + ":1:1: error: \"default_tier\" is missing");
    check_usage({"demo", "--tiers", global}, "the demo checks only exact limits per key");
    check_usage({"demo", "--tiers", tiers, "--rate", "1/s"}, "use --rate 2/s or more");

    for (const std::string& server : {std::string("/nonexistent"), std::string("/bin/false")}) {
      const Finished finished =
          run_program("rlload", {"demo", "--tiers", tiers, "--rlserver", server});
      CHECK(finished.status == 1);
      CHECK(contains(
          finished.err,
          "rlload: " + std::string(server == "/bin/false" ? "/bin/false ended with exit status 1"
                                                          : "cannot start /nonexistent")));
    }
  }

  TEST_CASE("an interrupted demo stops its server and leaves nothing behind") {
    const TemporaryDirectory directory;
    const TemporaryDirectory scratch;
    auto environment = rl::test::clean_environment();
    environment.emplace_back("TMPDIR", scratch.path());
    auto demo = rl::ChildProcess::start(
        {.argv = {rl::test::program("rlload"), "demo", "--tiers", rl::test::kSampleTiers},
         .environment = environment,
         .stdout_path = directory.path() + "/out",
         .stderr_path = directory.path() + "/err"});
    REQUIRE(demo.has_value());
    const auto err = [&] { return rl::read_file(directory.path() + "/err").value_or(""); };
    REQUIRE(rl::test::eventually([&] { return contains(err(), "NORMAL: 1840 requests in "); }));
    demo->signal(SIGINT);
    CHECK(demo->wait(std::chrono::seconds{30}) == 130);
    CHECK(contains(err(), "rlload: interrupted"));
    CHECK(is_empty(scratch));
  }

  TEST_CASE("quick tells what one endpoint answered") {
    const RlServer server;
    const TemporaryDirectory directory;
    const std::string key = put(directory, "key", "rlk_demo_free\n");
    const std::string url = "http://" + server.data().to_string() + "/test";
    const Finished finished = run_program(
        "rlload", {"quick", url, "--rate", "100/s", "--duration", "300ms", "--key-file", key});
    CHECK(finished.status == 0);
    CHECK_MESSAGE(matches("rlload quick   " + url +
                              ", version …, seed 42, planned 100/s, achieved …/s\n"
                              "\nSTATUS\tCOUNT\n200\t20\n429\t10\n"
                              "\nLATENCY ms\tP50\tP95\tP99\tMAX\ncorrected\t…\nraw\t…\n"
                              "\nPASS\n",
                          finished.out),
                  finished.out);
    const Finished json =
        run_program("rlload", {"quick", "--rate", "100/s", "--duration", "100ms", "--header",
                               "X-Own: 1", "--header", "X-API-Key: rlk_demo_pro", "--header",
                               "X-Own: 2", url, "-o", "json"});
    CHECK(rl::test::parse_json(json.out)["statuses"]["200"] == 10);
    CHECK(rl::test::steady_status(server)["decisions"]["by_tier"]["free"]["denied"] == 10);
  }

  TEST_CASE("a result that cannot be written is a failure") {
    const RlServer server;
    const Finished finished = rl::test::run(
        {.argv = {"/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh", rl::test::program("rlload"),
                  "quick", "http://" + server.data().to_string() + "/livez", "--rate", "100/s",
                  "--duration", "50ms"}});
    CHECK(finished.status == 1);
    CHECK(finished.err == "rlload: cannot write the output\n");
  }

  TEST_CASE("quick without an answer is unreachable and with a missed schedule inconclusive") {
    const Finished nobody = run_program(
        "rlload", {"quick", "http://127.0.0.1:1/test", "--rate", "100/s", "--duration", "50ms"});
    CHECK(nobody.status == 3);
    CHECK(contains(nobody.out, "error      5 times: cannot connect to 127.0.0.1:1\n"));
    CHECK(nobody.out.ends_with("\nUNREACHABLE\n"));

    const RlServer server;
    const Finished late =
        run_program("rlload", {"quick", "http://" + server.data().to_string() + "/livez", "--rate",
                               "200000/s", "--duration", "10ms", "--connections", "1"});
    CHECK(late.status == 98);
    CHECK(contains(late.out, "/s of the planned 200000/s were achieved"));
    CHECK(late.out.ends_with("\nINCONCLUSIVE\n"));
  }

  TEST_CASE("a wrong command line of rlload is a usage error with its reason") {
    check_usage({}, "rlload --help tells more");
    check_usage({"quik"}, "did you mean \"quick\"?");
    check_usage({"quick"}, "url is required");
    check_usage({"quick", "127.0.0.1:1"}, "it does not start with http://");
    check_usage({"quick", "ftp://127.0.0.1:1/"}, "it does not start with http:// or https://");
    check_usage({"quick", "http://127.0.0.1:1/", "--rate", "5"}, "\"5\" is not a rate");
    check_usage({"quick", "http://127.0.0.1:1/", "--rate", "0/s"}, "it must be more than 0");
    check_usage({"quick", "http://127.0.0.1:1/", "--duration", "0s"}, "is no duration of a run");
    check_usage({"quick", "http://127.0.0.1:1/", "--duration", "3601s"}, "at most 1h are possible");
    check_usage({"quick", "http://127.0.0.1:1/", "--connections", "0"}, "not in range 1 to 1024");
    check_usage({"quick", "http://127.0.0.1:1/", "--header", "nothing"}, "a header has no name");
    check_usage({"quick", "http://127.0.0.1:1/", "--key-file", "/nonexistent"}, "/nonexistent");
    check_usage({"quick", "http://127.0.0.1:1/", "--sede", "1"}, "did you mean \"--seed\"?");
    check_usage({"demo", "-o", "yaml"}, "yaml");
  }
}
