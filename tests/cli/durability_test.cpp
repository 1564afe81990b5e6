#include <doctest/doctest.h>
#include <fmt/core.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "rl/base/random.h"
#include "tests/cli/programs.h"

using nlohmann::json;
using rl::test::parse_json;
using rl::test::RlServer;

namespace {

/// What the server said that it had done for one user.
struct Acknowledged {
  std::string name;
  std::string key;  ///< its id; empty: it was not said
  bool moved = false;
};

/// Makes users, a key for each, and moves them to another tier, one after the other until the
/// server is gone. Each answer is noted. Returns how many there were.
int write_until_killed(RlServer& server, int round, rl::Micros killed_after,
                       std::map<std::uint64_t, Acknowledged>& said) {
  const std::string token = "Bearer " + server.token();
  const std::jthread killer([&] {
    std::this_thread::sleep_for(killed_after);
    server.signal(SIGKILL);
  });
  rl::client::HttpConnection connection(server.admin(), std::chrono::seconds{20});
  const auto send = [&](const char* method, const std::string& target,
                        const json& body) -> std::optional<json> {
    const auto reply = connection.send({.method = method,
                                        .target = target,
                                        .headers = {{"Authorization", token}},
                                        .body = body.dump()});
    if (!reply) {
      return std::nullopt;
    }
    REQUIRE(reply->status < 300);
    return parse_json(reply->body);
  };
  int writes = 0;
  for (;; ++writes) {
    const std::string name = fmt::format("r{}-{}", round, writes);
    const auto user = send("POST", "/users", {{"name", name}, {"tier", "pro"}});
    if (!user) {
      return writes;
    }
    const std::uint64_t id = (*user)["id"];
    Acknowledged& mine = said[id] = {.name = name, .key = {}};
    ++writes;
    const auto key = send("POST", "/admin/v1/keys", {{"user_id", id}});
    if (!key) {
      return writes;
    }
    mine.key = (*key)["id"];
    ++writes;
    if (!send("PATCH", fmt::format("/users/{}", id), {{"tier", "free"}})) {
      return writes;
    }
    mine.moved = true;
  }
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("kill -9 at random points of 1000 writes loses no acknowledged one and halves none") {
    constexpr int kWrites = 1000;
    constexpr int kMostRounds = 200;
    const rl::test::TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    rl::SystemRandom system;
    const std::uint64_t seed = system.next();
    CAPTURE(seed);
    rl::SeededRandom random(seed);
    std::map<std::uint64_t, Acknowledged> said;
    int writes = 0;
    int rounds = 0;
    for (; writes < kWrites && rounds < kMostRounds; ++rounds) {
      RlServer server({.data_dir = data_dir, .dev = false});
      const auto patience = std::chrono::milliseconds{10 + random.below(400)};
      writes += write_until_killed(server, rounds, patience, said);
      server.wait();
    }
    MESSAGE(writes, " acknowledged writes, killed ", rounds, " times");
    REQUIRE(writes >= kWrites);

    const RlServer server({.data_dir = data_dir, .dev = false});
    std::map<std::uint64_t, json> users;
    std::size_t changes = 0;  // that the audit log must have a line for
    const json listed = parse_json(server.rlctl({"users", "list", "-o", "json"}).out);
    for (const json& user : listed["users"]) {
      users[user["id"]] = user;
      changes += user["version"].get<std::size_t>();
    }
    std::set<std::string> keys;
    const json listed_keys = parse_json(server.rlctl({"keys", "list", "-o", "json"}).out);
    for (const json& key : listed_keys["keys"]) {
      CHECK(users.count(key["user_id"]) == 1);
      CHECK(key["secrets"].size() == 1);  // a key without one would be half of one
      keys.insert(key["id"]);
      ++changes;
    }
    for (const auto& [id, mine] : said) {
      CAPTURE(id);
      REQUIRE(users.count(id) == 1);
      CHECK(users[id]["name"] == mine.name);
      CHECK((mine.key.empty() || keys.count(mine.key) == 1));
      CHECK((!mine.moved || users[id]["tier"] == "free"));
    }
    // Of each round at most one may be there that nobody was told of.
    CHECK(users.size() <= said.size() + static_cast<std::size_t>(rounds));
    CHECK(users.rbegin()->first == users.size());
    // A change and its line in the audit log are one step.
    const json log = parse_json(server.rlctl({"audit", "list", "-o", "json"}).out)["entries"];
    CHECK(log.size() == changes);
  }
}
