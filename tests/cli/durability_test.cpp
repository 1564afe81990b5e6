#include <doctest/doctest.h>
#include <fmt/core.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "rl/base/random.h"
#include "tests/cli/programs.h"

using nlohmann::json;
using rl::test::parse_json;
using rl::test::RlServer;

namespace {

/// Creates users one after the other until the server is gone, `most` at most. What it was told:
/// ids and names.
std::map<std::uint64_t, std::string> write_until_killed(RlServer& server, int round, int most,
                                                        rl::Micros killed_after) {
  const std::string token = "Bearer " + server.token();
  const std::jthread killer([&] {
    std::this_thread::sleep_for(killed_after);
    server.signal(SIGKILL);
  });
  rl::client::HttpConnection connection(server.admin(), std::chrono::seconds{20});
  std::map<std::uint64_t, std::string> acknowledged;
  for (int i = 0; i < most; ++i) {
    const std::string name = fmt::format("r{}-{}", round, i);
    const auto reply = connection.send({.method = "POST",
                                        .target = "/users",
                                        .headers = {{"Authorization", token}},
                                        .body = json{{"name", name}, {"tier", "pro"}}.dump()});
    if (!reply) {
      break;
    }
    REQUIRE(reply->status == 201);
    acknowledged[parse_json(reply->body)["id"]] = name;
  }
  return acknowledged;
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("after kill -9 at random points no acknowledged user is lost and none is half there") {
    constexpr int kRounds = 10;
    constexpr int kWrites = 100;  // a round
    const rl::test::TemporaryDirectory directory;
    const std::string data_dir = directory.path() + "/data";
    rl::SystemRandom system;
    const std::uint64_t seed = system.next();
    CAPTURE(seed);
    rl::SeededRandom random(seed);
    std::map<std::uint64_t, std::string> acknowledged;
    for (int round = 0; round < kRounds; ++round) {
      RlServer server({.data_dir = data_dir, .dev = false});
      const auto patience = std::chrono::milliseconds{10 + random.below(400)};
      acknowledged.merge(write_until_killed(server, round, kWrites, patience));
      server.wait();
    }
    REQUIRE_FALSE(acknowledged.empty());

    const RlServer server({.data_dir = data_dir, .dev = false});
    std::map<std::uint64_t, std::string> found;
    const json list = parse_json(server.rlctl({"users", "list", "-o", "json"}).out);
    for (const json& user : list["users"]) {
      CHECK(user["tier"] == "pro");
      found[user["id"]] = user["name"];
    }
    REQUIRE_FALSE(found.empty());
    for (const auto& [id, name] : acknowledged) {
      CAPTURE(id);
      CHECK((found.count(id) == 1 && found[id] == name));
    }
    // Of each round at most one may be there that nobody was told of.
    CHECK(found.size() <= acknowledged.size() + kRounds);
    CHECK(found.rbegin()->first == found.size());
    // A change and its line in the audit log are one step.
    const json log = parse_json(server.rlctl({"audit", "list", "-o", "json"}).out)["entries"];
    CHECK(log.size() == found.size());
  }
}
