#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "rl/identity/api_key.h"
#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"

using nlohmann::json;
using rl::test::contains;
using rl::test::eventually;
using rl::test::Finished;
using rl::test::header;
using rl::test::parse_json;
using rl::test::RlServer;
using rl::test::TemporaryDirectory;

namespace {

/// The document that a command printed.
json told(const Finished& finished) {
  CAPTURE(finished.err);
  REQUIRE(finished.status == 0);
  json document = parse_json(finished.out);
  REQUIRE(document.is_object());
  return document;
}

std::vector<std::string> as_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"-o", "json"});
  return arguments;
}

std::string remaining(const RlServer& server, const std::string& key) {
  return header(server.get("/limit", key), "X-RateLimit-Remaining");
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("A8 D1 D3 the journey of a user from creation to revocation and over a restart") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    std::string fresh;
    {
      RlServer server({.data_dir = data_dir, .dev = false});
      const json user =
          told(server.rlctl(as_json({"users", "create", "--name", "alice", "--tier", "free"})));
      CHECK(user["id"] == 1);
      const json key =
          told(server.rlctl(as_json({"keys", "create", "--user", "1", "--name", "ci"})));
      const std::string old = key["secret"];
      CHECK(rl::is_api_key(old));

      for (int left = 19; left >= 0; --left) {
        CHECK(remaining(server, old) == std::to_string(left));
      }
      CHECK(server.get("/limit", old).status == 429);
      CHECK(server.rlctl({"check", "-"}, old + "\n").status == 10);

      // Neither a rotation nor a restart of the counting, but a better tier, lets it go on.
      fresh = told(server.rlctl(as_json({"keys", "rotate", "k1", "--grace", "1h"})))["secret"];
      CHECK(fresh != old);
      CHECK(server.get("/limit", old).status == 429);
      CHECK(server.get("/limit", fresh).status == 429);
      told(server.rlctl(as_json({"users", "set-tier", "1", "pro"})));
      CHECK(remaining(server, fresh) == "129");
      CHECK(remaining(server, old) == "128");

      const json quota = told(server.rlctl(as_json({"users", "quota", "1"})));
      CHECK(quota["keys"][0]["limits"][0]["remaining"] == 128);
      CHECK(remaining(server, old) == "127");

      told(server.rlctl(as_json({"keys", "rotate", "k1", "--at-once", "--yes"})));
      CHECK(server.get("/limit", old).status == 401);
      CHECK(server.get("/limit", fresh).status == 401);
      fresh = told(server.rlctl(as_json({"keys", "create", "--user", "1"})))["secret"];
      CHECK(server.get("/limit", fresh).status == 200);
      CHECK_FALSE(contains(server.log() + server.out(), fresh.substr(8, 30)));
      server.signal(SIGKILL);
      server.wait();
    }
    const RlServer server({.data_dir = data_dir, .dev = false});
    CHECK(told(server.rlctl(as_json({"users", "show", "1"})))["tier"] == "pro");
    CHECK(server.get("/limit", fresh).status == 200);
    const json revoked = told(server.rlctl(as_json({"keys", "revoke", "k2", "--yes"})));
    CHECK(revoked["state"] == "revoked");
    CHECK(server.get("/limit", fresh).status == 401);
    CHECK(server.get("/limit", fresh).status == 401);

    const json log = told(server.rlctl(as_json({"audit", "list", "--since", "1h"})));
    std::vector<std::string> actions;
    for (const json& entry : log["entries"]) {
      actions.push_back(entry["action"]);
      CHECK(entry["actor"] == "admin");
      CHECK(entry["origin"] == "127.0.0.1");
    }
    CHECK(actions == std::vector<std::string>{"key.revoke", "key.create", "key.rotate",
                                              "user.set-tier", "key.rotate", "key.create",
                                              "user.create"});
  }

  TEST_CASE("A1 A5 users are numbered and what is wrong with a command is told") {
    const RlServer server({.dev = false});
    CHECK(contains(server.log(), "there are no users yet: every API key is refused"));
    CHECK(server.rlctl({"users", "create", "--name", "alice"}).status == 0);
    CHECK(server.rlctl({"users", "create", "--name", "bob", "--tier", "pro"}).status == 0);
    const Finished list = server.rlctl({"users", "list"});
    CHECK(contains(list.out, "ID\tTIER\tCREATED\tNAME\n1\tfree\t"));
    CHECK(contains(list.out, "\n2\tpro\t"));
    CHECK(server.rlctl({"keys", "create", "--user", "2"}).status == 0);
    struct Row {
      std::vector<std::string> arguments;
      int status;
      std::string told;
    };
    const Row rows[] = {
        {{"users", "create", "--name", "alice"}, 6, "user 1 has this name already"},
        {{"users", "create", "--name", "carol", "--tier", "por"}, 2, "did you mean \"pro\"?"},
        {{"users", "create"}, 2, "--name is required"},
        {{"users", "show", "9"}, 5, "there is no user 9"},
        {{"users", "show", "alice"}, 2, "\"alice\" is not a whole number"},
        {{"users", "quota", "9"}, 5, "there is no user 9"},
        {{"users", "set-tier", "1", "gold"}, 2, "there is no tier \"gold\""},
        {{"users", "delete", "9", "--yes"}, 5, "there is no user 9"},
        {{"users", "delete", "1"}, 2, "nobody is there to be asked"},
        {{"keys", "create", "--user", "9"}, 5, "there is no user 9"},
        {{"keys", "show", "k9"}, 5, "there is no key k9"},
        {{"keys", "show", "1"}, 2, "\"1\" is not the id of a key"},
        {{"keys", "show", "k1/../k2"}, 2, "is not the id of a key"},
        {{"keys", "revoke", "k1"}, 2, "say it with --yes"},
        {{"keys", "rotate", "k1", "--at-once"}, 2, "say it with --yes"},
        {{"keys", "list", "--user", "9"}, 5, "there is no user 9"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.arguments[1]);
      CAPTURE(row.told);
      const Finished finished = server.rlctl(row.arguments);
      CHECK(finished.status == row.status);
      CHECK(finished.out.empty());
      CHECK_MESSAGE(contains(finished.err, row.told), finished.err);
    }
    CHECK(told(server.rlctl(as_json({"users", "list"})))["users"].size() == 2);
    CHECK(server.rlctl({"users", "delete", "1", "--yes"}).status == 0);
    CHECK(told(server.rlctl(as_json({"users", "list"})))["users"].size() == 1);
    CHECK(told(server.rlctl(as_json({"keys", "list", "--user", "2"})))["keys"].size() == 1);
  }

  TEST_CASE("D3 D5 the usage of a key outlives a crash and the loudest is told") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    {
      RlServer server({.data_dir = data_dir, .dev = false});
      REQUIRE(server.rlctl({"users", "create", "--name", "alice", "--tier", "free"}).status == 0);
      const std::string key =
          told(server.rlctl(as_json({"keys", "create", "--user", "1"})))["secret"];
      for (int i = 0; i < 25; ++i) {
        server.get("/limit", key);
      }
      const json usage = told(server.rlctl(as_json({"keys", "usage", "k1"})));
      CHECK(usage["total"] == json{{"allowed", 20}, {"denied", 5}});
      CHECK(eventually([&] {
        server.get("/limit", key);
        return contains(server.rlctl({"top", "--interval", "10ms", "--count", "2"}).out,
                        " loudest=k1 user=1 ");
      }));
      const json top = told(server.rlctl(as_json({"top", "--interval", "10ms", "--count", "1"})));
      CHECK(top["window_seconds"] == 10);
      server.rlctl({"keys", "usage", "k1"});  // writes what waits
      CHECK(server.rlctl({"keys", "usage", "k9"}).status == 5);
      CHECK(server.rlctl({"keys", "usage", "k1", "--step", "90s"}).status == 2);
      server.signal(SIGKILL);
      server.wait();
    }
    RlServer server({.data_dir = data_dir, .dev = false});
    const json usage = told(server.rlctl(as_json({"users", "usage", "1", "--for", "1d"})));
    CHECK(usage["total"]["allowed"] >= 20);
    CHECK(usage["total"]["denied"] >= 5);
  }

  TEST_CASE("D4 one command each builds and starts and stops and tests") {
    const std::string scripts = rl::test::source_dir() + "/scripts/";
    for (const char* const script : {"setup", "build", "demo", "test"}) {
      CAPTURE(script);
      CHECK(::access((scripts + script).c_str(), X_OK) == 0);
    }
    RlServer server;  // `rlserver --dev`, until it is told to stop
    CHECK(server.get("/limit", "rlk_demo_free").status == 200);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
  }

  TEST_CASE("D6 ten a second hold in every second and not only from full second to full second") {
    const TemporaryDirectory directory;
    const std::string tiers =
        put(directory, "t.toml",
            "version = 1\ndefault_tier = \"free\"\n[[tiers.free.limits]]\nwindow = \"1s\"\n"
            "base = 10\nscope = \"user\"\n");
    const RlServer server({.tiers = tiers, .dev = false});
    REQUIRE(server.rlctl({"users", "create", "--name", "alice"}).status == 0);
    const std::string key =
        told(server.rlctl(as_json({"keys", "create", "--user", "1"})))["secret"];
    // Sent without a pause for more than two seconds: in any one of them 10 may pass, so that of
    // the admitted ones the first and the eleventh are always a second apart.
    rl::client::HttpConnection connection(server.data(), std::chrono::seconds{20});
    const rl::SystemClock clock;
    std::vector<std::pair<rl::Instant, rl::Instant>> admitted;  // sent, answered
    const rl::Instant begin = clock.now();
    while (clock.now() - begin < std::chrono::milliseconds{2200}) {
      const rl::Instant sent = clock.now();
      const auto reply = connection.send({.target = "/limit", .headers = {{"X-API-Key", key}}});
      REQUIRE(reply.has_value());
      if (reply->status == 200) {
        admitted.emplace_back(sent, clock.now());
      }
    }
    CHECK(admitted.size() >= 20);
    CHECK(admitted.size() <= 30);
    for (std::size_t i = 10; i < admitted.size(); ++i) {
      CHECK(admitted[i].second - admitted[i - 10].first >= std::chrono::seconds{1});
    }
  }

  TEST_CASE("with --dev users and keys work beside the demo keys and are gone with the server") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    {
      const RlServer server({.data_dir = data_dir});
      CHECK(told(server.rlctl(as_json({"users", "create", "--name", "alice"})))["id"] == 4);
      const std::string key =
          told(server.rlctl(as_json({"keys", "create", "--user", "4"})))["secret"];
      CHECK(remaining(server, key) == "19");
      CHECK(remaining(server, "rlk_demo_free") == "19");
    }
    CHECK_FALSE(rl::read_file(data_dir + "/rl.db").has_value());
  }

  TEST_CASE("a data directory whose users cannot be read is told at the start") {
    const TemporaryDirectory directory;
    const std::string data_dir = directory.path();
    put(directory, "rl.db", std::string(5000, 'x'));
    const Finished finished = rl::test::run_program(
        "rlserver", {"--tiers", rl::test::kSampleTiers, "--listen", "127.0.0.1:0", "--admin-listen",
                     "127.0.0.1:0", "--data-dir", data_dir});
    CHECK(finished.status == 1);
    CHECK(contains(finished.err, "file is not a database"));
    CHECK(contains(finished.err, "restore the file from a copy"));
  }
}
