#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "rl/base/file.h"
#include "tests/client/scripted_server.h"
#include "tests/integration/fleet.h"
#include "tests/support/command.h"
#include "tests/support/paths.h"
#include "tests/support/rlserver.h"
#include "tests/support/temporary_directory.h"

namespace fs = std::filesystem;
using rl::test::RlServer;

namespace {

const std::string kRoot = rl::test::source_dir();

std::string text_of(const std::string& path) {
  const std::string text = rl::read_file(kRoot + "/" + path).value_or("");
  REQUIRE_MESSAGE(!text.empty(), path);
  return text;
}

/// The first groups of all matches.
std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.insert((*it)[1].str());
  }
  return found;
}

/// Those that are not among the known ones.
std::set<std::string> strangers(const std::set<std::string>& names,
                                const std::set<std::string>& known) {
  std::set<std::string> strange;
  for (const std::string& name : names) {
    if (known.count(name) == 0) {
      strange.insert(name);
    }
  }
  return strange;
}

/// The instructions of docker/Dockerfile, one a line, without comments.
std::string dockerfile() {
  std::string text = std::regex_replace(text_of("docker/Dockerfile"), std::regex("\\\\\n"), " ");
  return std::regex_replace(text, std::regex("(^|\n)#[^\n]*"), "");
}

/// The words of the array that an instruction of docker/Dockerfile ends with.
std::vector<std::string> exec_form(const std::string& instruction) {
  std::smatch found;
  const std::string text = dockerfile();
  REQUIRE(std::regex_search(text, found, std::regex("\n" + instruction + "(\\[[^\n]*\\])")));
  return nlohmann::json::parse(found[1].str()).get<std::vector<std::string>>();
}

std::set<std::string> files_for_deployment() {
  std::set<std::string> paths = {"docker/Dockerfile", "docker/compose.yaml"};
  for (const auto& entry : fs::directory_iterator(kRoot + "/docs/deployment")) {
    paths.insert("docs/deployment/" + entry.path().filename().string());
  }
  return paths;
}

}  // namespace

TEST_SUITE("integration") {
  TEST_CASE("E9: every variable and flag in a file for deployment is one of rlserver") {
    const std::string help = rl::test::run({.argv = {rl::test::program("rlserver"), "--help"}}).out;
    auto variables = all_matches(help, std::regex("\\(Env:(\\w+)\\)"));
    CHECK(variables.size() > 15);
    variables.insert({"RL_ADMIN_TOKEN", "RL_JOBS"});  // which the pages tell of as well
    auto flags = all_matches(help, std::regex("(--[a-z-]+)"));
    for (const std::string& path : files_for_deployment()) {
      CAPTURE(path);
      const std::string text = text_of(path);
      const auto used =
          all_matches(text, std::regex("\\b(RL_[A-Z_]+|RATE_LIMIT_BACKEND|REDIS_URL)\\b"));
      CHECK_FALSE(used.empty());
      CHECK(strangers(used, variables) == std::set<std::string>{});
      const auto start = all_matches(text, std::regex("\nExecStart=\\S*/rlserver ([^\n]*)"));
      for (const std::string& command : start) {
        CHECK(strangers(all_matches(command, std::regex("(--[a-z-]+)")), flags).empty());
      }
    }
  }

  TEST_CASE("E9: the image copies what is installed and starts it") {
    const rl::test::TemporaryDirectory directory;
    const auto installed = rl::test::run({.argv = {"/usr/bin/env", "cmake", "--install",
                                                   RL_BUILD_DIR, "--prefix", directory.path()}});
    REQUIRE_MESSAGE(installed.status == 0, installed.err);
    const std::string text = dockerfile();
    const auto copied = all_matches(text, std::regex("\nCOPY --from=build /opt/rl/(\\S+) "));
    CHECK(copied == std::set<std::string>{"bin/", "packages", "share/rl/tiers.toml"});
    CHECK(text.find(" >/opt/rl/packages\n") != std::string::npos);
    CHECK(fs::exists(directory.path() + "/share/rl/tiers.toml"));
    for (const std::string& program :
         {std::string("rlserver"), std::string("rlctl"), std::string("rlload"),
          exec_form("ENTRYPOINT ").front(), exec_form("HEALTHCHECK [^\n]*CMD ").front()}) {
      CAPTURE(program);
      CHECK(fs::exists(directory.path() + "/bin/" + program));
    }
    CHECK(all_matches(text, std::regex("RL_TIERS=(\\S+)")) ==
          all_matches(text, std::regex("\nCOPY --from=build \\S+tiers.toml (\\S+)")));
    for (const std::string& path :
         all_matches(text, std::regex("\n(?:COPY|RUN) ((?:scripts|docker)/\\S+)"))) {
      CHECK(fs::exists(kRoot + "/" + path));
    }
    CHECK(text.find("\nRUN scripts/setup --build ") != std::string::npos);
    CHECK(text.find("\nUSER 10001:10001\n") != std::string::npos);
  }

  TEST_CASE("E9: the files that .dockerignore leaves are enough for the build in the image") {
    const std::string ignored = "\n" + text_of(".dockerignore");
    const rl::test::TemporaryDirectory directory;
    for (const auto& entry : fs::directory_iterator(kRoot)) {
      const std::string name = entry.path().filename().string();
      if (ignored.find("\n" + name + "\n") == std::string::npos) {
        fs::copy(entry.path(), directory.path() + "/" + name, fs::copy_options::recursive);
      }
    }
    CHECK_FALSE(fs::exists(directory.path() + "/build"));
    CHECK_FALSE(fs::exists(directory.path() + "/tests"));
    const auto configure =
        all_matches(dockerfile(), std::regex("\nRUN (cmake --preset release [^&]*)&&"));
    REQUIRE(configure.size() == 1);
    const auto finished = rl::test::run(
        {.argv = {"/bin/sh", "-c", "cd '" + directory.path() + "' && " + *configure.begin()},
         .patience = std::chrono::seconds{240}});
    CHECK_MESSAGE(finished.status == 0, finished.err);
  }

  TEST_CASE("E9: the image installs the packages of all libraries that the programs load") {
    std::vector<std::string> argv = {kRoot + "/docker/runtime-packages"};
    for (const char* const program : {"rlserver", "rlctl", "rlload"}) {
      argv.push_back(rl::test::program(program));
    }
    const auto finished = rl::test::run({.argv = argv});
    REQUIRE_MESSAGE(finished.status == 0, finished.err);
    std::set<std::string> packages;
    std::istringstream stream(finished.out);
    for (std::string line; std::getline(stream, line);) {
      CHECK(packages.insert(line).second);
    }
    for (const char* const expected : {"libc6", "libsqlite3-0", "libspdlog1.10", "libstdc++6"}) {
      CAPTURE(expected);
      CHECK(packages.count(expected) == 1);
    }
    argv.emplace_back("/nonexistent");
    CHECK(rl::test::run({.argv = argv}).status != 0);
  }

  TEST_CASE("E9: the health check of the image follows the server, also with a token of its own") {
    RlServer server({.environment = {{"RL_ADMIN_TOKEN", "0123456789abcdef"}}});
    auto argv = exec_form("HEALTHCHECK [^\n]*CMD ");
    argv.front() = rl::test::program(argv.front());
    const rl::test::Environment inside = {{"RL_DATA_DIR", server.data_dir()}};
    const auto healthy = rl::test::run({.argv = argv, .environment = inside});
    CHECK(healthy.status == 0);
    CHECK(healthy.out == "ready\n");
    server.signal(SIGTERM);
    REQUIRE(server.wait() == 0);
    CHECK(rl::test::run({.argv = argv, .environment = inside}).status == 3);

    rl::test::ScriptedServer stopping(rl::test::ScriptedServer::always(
        503, R"({"status":503,"detail":"this instance is stopping"})", "application/problem+json"));
    const auto no = rl::test::run(
        {.argv = argv, .environment = {{"RLCTL_SERVER", stopping.address().to_string()}}});
    CHECK(no.status == 10);
    CHECK(no.out == "not ready: this instance is stopping\n");
  }

  TEST_CASE("E9: each container of compose.yaml is given files that are there") {
    const std::string text = text_of("docker/compose.yaml");
    const auto mounted = all_matches(text, std::regex("\n +- (\\./[^:]+):"));
    CHECK(mounted.size() >= 4);
    for (const std::string& path : mounted) {
      CAPTURE(path);
      CHECK(fs::exists(kRoot + "/docker/" + path));
    }
    const auto services = all_matches(text, std::regex("\n  ([a-z][a-z0-9]*):"));
    CHECK(strangers({"balancer", "rl1", "rl2", "rl3", "redis", "upstream"}, services).empty());
    CHECK(text.find("RL_UPSTREAM: http://upstream:8080\n") != std::string::npos);
    CHECK(text_of("docker/upstream.conf").find("listen 8080;") != std::string::npos);
    const auto scraped =
        all_matches(text_of("docker/prometheus.yml"), std::regex("\"([a-z0-9]+):8081\""));
    CHECK(scraped == std::set<std::string>{"rl1", "rl2", "rl3"});
    const auto asked =
        all_matches(text_of("docker/balancer.conf"), std::regex("server ([a-z0-9]+):8080"));
    CHECK(asked == scraped);
  }

  TEST_CASE("E5: prometheus accepts its configuration, and what the dashboard draws is measured") {
    const auto checked = rl::test::run(
        {.argv = {"/usr/bin/promtool", "check", "config", kRoot + "/docker/prometheus.yml"}});
    CHECK_MESSAGE(checked.status == 0, checked.out << checked.err);

    const RlServer server;
    CHECK(server.get("/test", "rlk_demo_free").status == 200);  // counters show what they counted
    const std::string page = server.ask_admin({.target = "/metrics"}).body;
    auto measured = all_matches(page, std::regex("# TYPE (\\w+) "));
    for (const std::string& histogram : all_matches(page, std::regex("# TYPE (\\w+) histogram"))) {
      measured.insert(histogram + "_bucket");
    }
    measured.insert("up");  // by Prometheus itself
    const auto board = nlohmann::json::parse(text_of("docker/grafana/dashboards/rl.json"));
    static const std::regex kMetric("\\b(rl_\\w+|up)\\b");
    std::set<std::string> drawn;
    std::string rules =
        "groups:\n- name: dashboard\n  rules:\n";  // promtool reads queries in these
    for (const auto& panel : board.at("panels")) {
      CHECK(panel.at("datasource").at("uid") == "prometheus");
      REQUIRE_FALSE(panel.at("targets").empty());
      for (const auto& target : panel.at("targets")) {
        const std::string query = target.at("expr");
        CAPTURE(query);
        const auto names = all_matches(query, kMetric);
        CHECK_FALSE(names.empty());
        CHECK(strangers(names, measured) == std::set<std::string>{});
        drawn.insert(names.begin(), names.end());
        rules +=
            "  - record: drawn" + std::to_string(rules.size()) + "\n    expr: '" + query + "'\n";
      }
    }
    CHECK(drawn.size() >= 10);
    const rl::test::TemporaryDirectory directory;
    const std::string file = directory.path() + "/rules.yml";
    REQUIRE(rl::write_file(file, rules, rl::FileMode::kPublic).has_value());
    const auto read = rl::test::run({.argv = {"/usr/bin/promtool", "check", "rules", file}});
    CHECK_MESSAGE(read.status == 0, read.out << read.err);
    CHECK(text_of("docker/grafana/datasource.yml").find("uid: prometheus\n") != std::string::npos);
  }
}
