#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rl/base/file.h"
#include "rl/base/process.h"
#include "tests/support/command.h"
#include "tests/support/free_port.h"
#include "tests/support/paths.h"
#include "tests/support/rlserver.h"
#include "tests/support/temporary_directory.h"

using rl::test::ask;
using rl::test::header;

namespace {

const std::string kExample = rl::test::source_dir() + "/examples/middleware";

/// Runs cmake to its end; with what it said when it fails.
void cmake(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"/usr/bin/env", "cmake"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto finished = rl::test::run({.argv = argv, .patience = std::chrono::seconds{240}});
  REQUIRE_MESSAGE(finished.status == 0, finished.out << finished.err);
}

/// GET /hello with that key.
rl::client::HttpReply hello(const rl::Address& program, const std::string& key) {
  return ask(program, {.target = "/hello", .headers = {{"X-API-Key", key}}});
}

}  // namespace

TEST_SUITE("integration") {
  TEST_CASE("a program on the installed package is limited in two lines") {
    const rl::test::TemporaryDirectory directory;
    const std::string prefix = directory.path() + "/prefix";
    const std::string build = directory.path() + "/build";
    cmake({"--install", RL_BUILD_DIR, "--prefix", prefix});
    for (const char* const file : {"bin/rlserver", "bin/rlctl", "bin/rlload",
                                   "include/rl/http/middleware.h", "share/rl/tiers.toml"}) {
      CAPTURE(file);
      CHECK(std::filesystem::exists(prefix + "/" + file));
    }
    CHECK(rl::test::run({.argv = {prefix + "/bin/rlctl", "version"}}).status == 0);

    cmake({"-S", kExample, "-B", build, "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_BUILD_TYPE=Debug",
           "-DCMAKE_CXX_FLAGS=-Wall -Wextra " RL_EXAMPLE_FLAGS});
    cmake({"--build", build});

    const rl::Address program{"127.0.0.1", rl::test::free_port()};
    auto running = rl::ChildProcess::start(
        {.argv = {build + "/hello", std::to_string(program.port), kExample + "/tiers.toml"},
         .stdout_path = directory.path() + "/out",
         .stderr_path = directory.path() + "/err"});
    REQUIRE(running.has_value());
    REQUIRE(rl::test::listens(program));
    for (int i = 4; i >= 0; --i) {
      const auto reply = hello(program, "alice-laptop");
      CHECK(reply.status == 200);
      CHECK(reply.body == "hello\n");
      CHECK(header(reply, "X-RateLimit-Remaining") == std::to_string(i));
    }
    const auto denied = hello(program, "alice-laptop");
    CHECK(denied.status == 429);
    CHECK(std::stoi(header(denied, "Retry-After")) > 0);
    CHECK(hello(program, "alice-phone").status == 200);
    CHECK(hello(program, "mallory").status == 401);
  }

  TEST_CASE("the lines that the documentation shows are those of the example") {
    const std::string source = rl::read_file(kExample + "/main.cpp").value_or("");
    const std::string lines =
        "  rl::http::Limiter limiter(*std::move(policy), keys);\n"
        "  server.Get(\"/hello\", limiter.limit(";
    for (const char* const page : {"/README.md", "/docs/library.md"}) {
      CAPTURE(page);
      const std::string text =
          rl::read_file(rl::test::source_dir() + std::string(page)).value_or("");
      CHECK(text.find("```text\n" + lines) != std::string::npos);
    }
    const std::size_t middle = lines.find('\n') + 1;
    CHECK(source.find(lines.substr(0, middle)) != std::string::npos);
    CHECK(source.find(lines.substr(middle)) != std::string::npos);
  }

  TEST_CASE("another version of the package is not taken for this one") {
    const rl::test::TemporaryDirectory directory;
    const std::string prefix = directory.path() + "/prefix";
    const std::string project = directory.path() + "/project";
    cmake({"--install", RL_BUILD_DIR, "--prefix", prefix});
    std::filesystem::create_directory(project);
    for (const auto& [version, found] : {std::pair{"0.1", true}, {"0.2", false}, {"1.0", false}}) {
      CAPTURE(version);
      const std::string text =
          std::string("cmake_minimum_required(VERSION 3.25)\nproject(p CXX)\n") +
          "find_package(rl " + version + " REQUIRED)\n";
      REQUIRE(rl::write_file(project + "/CMakeLists.txt", text, rl::FileMode::kPrivate));
      const auto finished =
          rl::test::run({.argv = {"/usr/bin/env", "cmake", "-S", project, "-B", project + version,
                                  "-DCMAKE_PREFIX_PATH=" + prefix}});
      CHECK((finished.status == 0) == found);
    }
  }
}
