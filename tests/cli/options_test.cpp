#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::Finished;
using rl::test::kSampleTiers;
using rl::test::RlServer;
using rl::test::run_program;

namespace {

/// rlserver --check-config with the sample tiers.
Finished check_config(const std::vector<std::string>& flags, const Environment& environment = {}) {
  std::vector<std::string> arguments = {"--check-config", "--tiers", kSampleTiers};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return run_program("rlserver", arguments, environment);
}

struct Usage {
  std::vector<std::string> flags;
  std::string message;
  std::string hint;
};

/// A command, and every flag that its --help names.
struct Help {
  std::vector<std::string> command;
  std::vector<std::string> flags;
};

const std::vector<Help> kHelp = {
    {{"rlserver"},
     {"--tiers",
      "--listen",
      "--admin-listen",
      "--data-dir",
      "--admin-token-file",
      "--max-wrong-tokens",
      "--tls-cert",
      "--tls-key",
      "--tls-client-ca",
      "--ready-file",
      "--threads",
      "--max-buckets",
      "--max-memory",
      "--store",
      "--redis-url",
      "--store-deadline",
      "--on-store-failure",
      "--instances",
      "--upstream",
      "--upstream-in-flight",
      "--upstream-connect-timeout",
      "--upstream-first-byte-timeout",
      "--upstream-timeout",
      "--pass-api-key",
      "--trusted-proxies",
      "--headers",
      "--open-metrics",
      "--max-connections",
      "--max-connections-per-peer",
      "--log-level",
      "--log-format",
      "--check-config",
      "--dev",
      "--version",
      "--help"}},
    {{"rlctl"},
     {"--output", "--server", "--token-file", "--ca-file", "--client-cert", "--client-key",
      "--data-dir", "--timeout", "--no-color", "--version", "--help"}},
    {{"rlctl", "status"}, {"--help"}},
    {{"rlctl", "health"}, {"--help"}},
    {{"rlctl", "health", "get"}, {"--help"}},
    {{"rlctl", "health", "set"}, {"--for", "--reason", "--help"}},
    {{"rlctl", "health", "watch"}, {"--until", "--timeout", "--help"}},
    {{"rlctl", "tiers"}, {"--help"}},
    {{"rlctl", "tiers", "list"}, {"--help"}},
    {{"rlctl", "tiers", "show"}, {"--help"}},
    {{"rlctl", "tiers", "validate"}, {"--help"}},
    {{"rlctl", "tiers", "diff"}, {"--help"}},
    {{"rlctl", "tiers", "apply"}, {"--dry-run", "--force", "--help"}},
    {{"rlctl", "tiers", "reload"}, {"--dry-run", "--help"}},
    {{"rlctl", "tiers", "history"}, {"--help"}},
    {{"rlctl", "tiers", "rollback"}, {"--dry-run", "--force", "--help"}},
    {{"rlctl", "check"}, {"--user", "--cost", "--route", "--consume", "--help"}},
    {{"rlctl", "version"}, {"--help"}},
    {{"rlload"}, {"--output", "--no-color", "--version", "--help"}},
    {{"rlload", "demo"}, {"--tiers", "--rlserver", "--rate", "--connections", "--seed", "--help"}},
    {{"rlload", "quick"},
     {"--rate", "--duration", "--header", "--key-file", "--connections", "--seed", "--help"}},
};

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("help of every command ends well and names its flags") {
    for (const Help& help : kHelp) {
      std::vector<std::string> arguments(help.command.begin() + 1, help.command.end());
      arguments.emplace_back("--help");
      const Finished finished = run_program(help.command.front(), arguments);
      CAPTURE(finished.out);
      CHECK(finished.status == 0);
      CHECK(finished.err.empty());
      for (const std::string& flag : help.flags) {
        CAPTURE(flag);
        CHECK((contains(finished.out, "  " + flag + " ") ||
               contains(finished.out, "," + flag + " ")));
      }
    }
  }

  TEST_CASE("every program says the same version") {
    const std::string server = run_program("rlserver", {"--version"}).out;
    REQUIRE(server.starts_with("rlserver "));
    const std::string version = server.substr(9);
    CHECK(version.find_first_not_of("0123456789.\n") == std::string::npos);
    CHECK(run_program("rlctl", {"--version"}).out == "rlctl " + version);
    CHECK(run_program("rlctl", {"version"}).out == "rlctl " + version);
    CHECK(run_program("rlload", {"--version"}).out == "rlload " + version);
    for (const char* const name : {"rlserver", "rlctl", "rlload"}) {
      CHECK(run_program(name, {"--version"}).status == 0);
    }
  }

  TEST_CASE("a wrong command line of rlserver is a usage error with its reason") {
    const std::string address_hint = "write HOST:PORT, such as 127.0.0.1:8080";
    const std::string help_hint = "rlserver --help shows every flag";
    const std::vector<Usage> table = {
        {{"--lisen", "127.0.0.1:0"}, "--lisen", "did you mean \"--listen\"?"},
        {{"--nonsense"}, "--nonsense", help_hint},
        {{"argument"}, "argument", help_hint},
        {{"--listen"}, "--listen", help_hint},
        {{"--listen", "8080"}, "\"8080\" is not an address: it has no port", address_hint},
        {{"--listen", "127.0.0.1:65536"}, "\"127.0.0.1:65536\" is not an address", address_hint},
        {{"--listen", "::1:80"}, "an IPv6 address stands in brackets", address_hint},
        {{"--admin-listen", "127.0.0.1:http"}, "\"127.0.0.1:http\" is not", address_hint},
        {{"--log-level", "loud"}, "\"loud\" is not a log level", "use debug, info, warn or error"},
        {{"--log-format", "xml"}, "\"xml\" is not a log format", "use text or json"},
        {{"--headers", "ratelimit,all"},
         "\"all\" is not a group of headers",
         "use none, or a list of x-ratelimit, ratelimit, context, server-timing"},
        {{"--threads", "0"}, "--threads: Value 0 not in range 1 to 4096", help_hint},
        {{"--threads", "many"}, "--threads: Value many not in range", help_hint},
        {{"--max-memory", "0"}, "--max-memory: Value 0 not in range", help_hint},
        {{"--max-buckets", "31"}, "--max-buckets: Value 31 not in range", help_hint},
        {{"--dev", "--dev=maybe"}, "maybe", help_hint},
    };
    for (const Usage& usage : table) {
      CAPTURE(usage.flags.back());
      const Finished finished = check_config(usage.flags);
      CAPTURE(finished.err);
      CHECK(finished.status == 2);
      CHECK(finished.out.empty());
      CHECK(finished.err.starts_with("rlserver: "));
      CHECK(contains(finished.err, usage.message));
      CHECK(contains(finished.err, "\n  " + usage.hint));
    }
  }

  TEST_CASE("every flag of rlserver can be set by its variable and the flag wins") {
    struct Row {
      std::string flag;
      std::string variable;
      std::string bad;
      std::string good;
    };
    const std::vector<Row> table = {
        {"--listen", "RL_LISTEN", "nowhere", "127.0.0.1:0"},
        {"--admin-listen", "RL_ADMIN_LISTEN", "nowhere", "127.0.0.1:0"},
        {"--threads", "RL_THREADS", "none", "4"},
        {"--max-connections", "RL_MAX_CONNECTIONS", "none", "100"},
        {"--max-connections-per-peer", "RL_MAX_CONNECTIONS_PER_PEER", "none", "10"},
        {"--max-buckets", "RL_MAX_BUCKETS", "none", "64"},
        {"--max-memory", "RL_MAX_MEMORY", "none", "64"},
        {"--upstream", "RL_UPSTREAM", "ftp://x", "http://127.0.0.1:3000/base"},
        {"--upstream-in-flight", "RL_UPSTREAM_IN_FLIGHT", "none", "100"},
        {"--upstream-connect-timeout", "RL_UPSTREAM_CONNECT_TIMEOUT", "0s", "500ms"},
        {"--upstream-first-byte-timeout", "RL_UPSTREAM_FIRST_BYTE_TIMEOUT", "soon", "1m"},
        {"--upstream-timeout", "RL_UPSTREAM_TIMEOUT", "2d", "5m"},
        {"--trusted-proxies", "RL_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8,::1"},
        {"--log-level", "RL_LOG_LEVEL", "loud", "warn"},
        {"--log-format", "RL_LOG_FORMAT", "xml", "json"},
    };
    for (const Row& row : table) {
      CAPTURE(row.variable);
      const Finished bad = check_config({}, {{row.variable, row.bad}});
      CHECK(bad.status == 2);
      CHECK(contains(bad.err, row.bad));
      CHECK(check_config({}, {{row.variable, row.good}}).status == 0);
      CHECK(check_config({row.flag, row.good}, {{row.variable, row.bad}}).status == 0);
      CHECK(check_config({row.flag, row.bad}, {{row.variable, row.good}}).status == 2);
    }
    CHECK(run_program("rlserver", {"--check-config"}, {{"RL_TIERS", kSampleTiers}}).out ==
          kSampleTiers + ": ok, 3 tiers\n");
    CHECK(run_program("rlserver", {"--check-config"}, {{"RL_TIERS", "/nonexistent"}}).status == 7);
    CHECK(check_config({}, {{"RL_TIERS", "/nonexistent"}}).status == 0);
    CHECK(run_program("rlserver", {"--tiers", kSampleTiers}, {{"RL_CHECK_CONFIG", "1"}}).out ==
          kSampleTiers + ": ok, 3 tiers\n");
    CHECK(check_config({}, {{"RL_DEV", "maybe"}}).status == 2);
  }

  TEST_CASE("a running server takes its settings from flags before variables") {
    const rl::test::TemporaryDirectory directory;
    const std::string token = "0123456789abcdef";
    const std::string file = put(directory, "token", "fedcba9876543210\n");
    const RlServer by_variable(
        {.environment = {{"RL_DEV", "1"}, {"RL_LOG_FORMAT", "json"}, {"RL_ADMIN_TOKEN", token}},
         .dev = false});
    CHECK(by_variable.get("/test", "rlk_demo_free").status == 200);
    REQUIRE(by_variable
                .ask_admin({.method = "POST",
                            .target = "/system/health",
                            .body = R"({"state": "DEGRADED"})",
                            .content_type = "application/json"},
                           token)
                .status == 200);
    CHECK(rl::test::parse_json(by_variable.log()).is_object());

    const RlServer by_flag({.flags = {"--log-level", "error", "--admin-token-file", file},
                            .environment = {{"RL_LOG_LEVEL", "info"},
                                            {"RL_ADMIN_TOKEN", token},
                                            {"RL_ADMIN_TOKEN_FILE", "/nonexistent"},
                                            {"RL_DATA_DIR", "/proc/none"},
                                            {"RL_READY_FILE", "/nonexistent/ready"}}});
    CHECK(by_flag.rlctl({"health", "set", "degraded"}).status == 0);
    CHECK(by_flag.log().empty());
    CHECK(by_flag.ask_admin({.target = "/system/health"}, token).status == 401);
  }

  TEST_CASE("one thread serves several connections and no more than are allowed") {
    const RlServer server({.flags = {"--threads", "1", "--max-connections-per-peer", "2"}});
    {
      rl::client::HttpConnection first(server.data(), std::chrono::seconds{20});
      rl::client::HttpConnection second(server.data(), std::chrono::seconds{20});
      REQUIRE(first.send({.target = "/livez"}).has_value());
      REQUIRE(second.send({.target = "/livez"}).has_value());
      const auto refused = server.get("/livez");
      CHECK(refused.status == 503);
      CHECK(first.send({.target = "/livez"}).value().status == 200);
    }
  }

  TEST_CASE("with neither flag nor variable the data directory is below HOME") {
    const rl::test::TemporaryDirectory home;
    const std::string below = home.path() + "/.local/state/rl";
    const RlServer server({.data_dir = below});
    const Finished found = run_program("rlctl", {"status"}, {{"HOME", home.path()}});
    CHECK(found.status == 0);
    const Finished refused = run_program(
        "rlserver",
        {"--tiers", kSampleTiers, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"},
        {{"HOME", home.path()}});
    CHECK(refused.status == 1);
    CHECK(contains(refused.err, below + " belongs to a server that is running"));
  }
}
