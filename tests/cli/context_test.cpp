#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/cli/programs.h"

using rl::test::contains;
using rl::test::Environment;
using rl::test::Finished;
using rl::test::put;
using rl::test::RlServer;
using rl::test::TemporaryDirectory;

namespace {

/// A person with a home of their own, whose machine runs no server.
class Person {
 public:
  Finished rlctl(const std::vector<std::string>& arguments, Environment environment = {}) const {
    environment.emplace_back("XDG_CONFIG_HOME", home_.path());
    environment.emplace_back("XDG_STATE_HOME", home_.path());
    return rl::test::run_program("rlctl", arguments, environment);
  }

  /// The version of the health of the server that is spoken to: 0 when none answers.
  int health_version(const std::vector<std::string>& flags,
                     const Environment& variables = {}) const {
    std::vector<std::string> arguments = {"health", "get", "-o", "json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished finished = rlctl(arguments, variables);
    return finished.status == 0 ? rl::test::parse_json(finished.out)["version"].get<int>() : 0;
  }

  std::string file() const { return home_.path() + "/rl/contexts.json"; }

 private:
  TemporaryDirectory home_;
};

std::vector<std::string> address_of(const RlServer& server) {
  return {"--server", "http://" + server.admin().to_string(), "--token-file",
          server.data_dir() + "/admin-token"};
}

Finished add(const Person& person, const std::string& name, const RlServer& server) {
  std::vector<std::string> arguments = address_of(server);
  arguments.insert(arguments.end(), {"context", "add", name});
  return person.rlctl(arguments);
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("a context names a server and where its token is, and never holds the token") {
    const Person person;
    const RlServer server;
    CHECK(person.rlctl({"context", "list"}).out == "IN USE\tNAME\tSERVER\tTOKEN FILE\n");
    REQUIRE_MESSAGE(add(person, "here", server).status == 0, add(person, "here", server).err);
    CHECK(person.rlctl({"context", "list"}).out ==
          "IN USE\tNAME\tSERVER\tTOKEN FILE\n\there\thttp://" + server.admin().to_string() + "\t" +
              server.data_dir() + "/admin-token\n");
    const std::string text = rl::read_file(person.file()).value_or("");
    CHECK(contains(text, "admin-token"));
    CHECK_FALSE(contains(text, server.token()));
    struct stat status {};
    REQUIRE(::stat(person.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);

    CHECK(person.health_version({}) == 0);  // not in use yet
    CHECK(person.health_version({"--context", "here"}) == 1);
    CHECK(person.health_version({}, {{"RLCTL_CONTEXT", "here"}}) == 1);
    CHECK(contains(person.rlctl({"context", "use", "here"}).out, "*\there\t"));
    CHECK(person.health_version({}) == 1);
    CHECK(person.rlctl({"context", "use", "--none"}).status == 0);
    CHECK(person.health_version({}) == 0);
    REQUIRE(person.rlctl({"context", "use", "here"}).status == 0);
    CHECK(person.rlctl({"context", "remove", "here"}).out == "IN USE\tNAME\tSERVER\tTOKEN FILE\n");
    CHECK(person.health_version({}) == 0);
  }

  TEST_CASE("what names a server more closely goes before the context in use") {
    const Person person;
    const RlServer one;
    const RlServer two;
    REQUIRE(two.rlctl({"health", "set", "degraded"}).status == 0);  // version 2 tells them apart
    REQUIRE(add(person, "one", one).status == 0);
    REQUIRE(add(person, "two", two).status == 0);
    REQUIRE(person.rlctl({"context", "use", "one"}).status == 0);
    CHECK(person.health_version({}) == 1);
    CHECK(person.health_version({"--context", "two"}) == 2);
    CHECK(person.health_version(address_of(two)) == 2);
    const std::string address = two.admin().to_string();
    const std::string token_file = two.data_dir() + "/admin-token";
    const Environment variables = {{"RLCTL_SERVER", address}, {"RLCTL_TOKEN_FILE", token_file}};
    CHECK(person.health_version({}, variables) == 2);
    CHECK(person.health_version({"--context", "one"}, variables) == 1);
    CHECK(person.health_version({"--data-dir", two.data_dir()}) == 2);
    CHECK(person.health_version({}, {{"RL_DATA_DIR", two.data_dir()}}) == 2);
    // The token of a context goes to its own server alone.
    CHECK(person.rlctl({"status", "--server", address}).status == 4);
    CHECK(person.rlctl({"status", "--server", address, "--context", "one"}).status == 2);
  }

  TEST_CASE("a context that is not there, not possible or taken is told") {
    const Person person;
    const RlServer server;
    REQUIRE(add(person, "production", server).status == 0);
    const Finished absent = person.rlctl({"status", "--context", "producton"});
    CHECK(absent.status == 5);
    CHECK(absent.err ==
          "rlctl: there is no context \"producton\"\n"
          "  did you mean \"production\"?  rlctl context list shows them all\n");
    CHECK(person.rlctl({"context", "use", "other"}).status == 5);
    CHECK(person.rlctl({"context", "remove", "other"}).status == 5);
    CHECK(add(person, "production", server).status == 6);
    CHECK(add(person, "a/b", server).status == 2);
    CHECK(person.rlctl({"context", "add", "x"}).status == 2);
    CHECK(person.rlctl({"context", "add", "x", "--server", "nowhere"}).status == 2);
    CHECK(person.rlctl({"context", "add", "x", "--server", "127.0.0.1:1", "--token-file", "/none"})
              .status == 4);
    REQUIRE(rl::write_file(person.file(), "[]", rl::FileMode::kPrivate).has_value());
    CHECK(person.rlctl({"context", "list"}).status == 1);
  }
}
