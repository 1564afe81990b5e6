#include <doctest/doctest.h>
#include <signal.h>

#include <cmath>
#include <string>

#include "tests/cli/programs.h"
#include "tests/cli/transcript.h"
#include "tests/support/redis_server.h"

using rl::test::contains;
using rl::test::eventually;
using rl::test::header;
using rl::test::RedisServer;
using rl::test::RlServer;

namespace {

/// A server with its counters in that Redis. The deadline is long, as machines of tests are slow.
rl::test::RlServerOptions on(const RedisServer& redis) {
  return {.flags = {"--store", "redis", "--store-deadline", "2s"},
          .environment = {{"REDIS_URL", redis.url().to_string()}}};
}

std::string store_of(const rl::client::HttpReply& reply) {
  const std::string context = header(reply, "X-RateLimit-Context");
  return context.substr(context.find("store="));
}

}  // namespace

TEST_SUITE("cli") {
  TEST_CASE("three servers on one Redis share every count to the unit") {
    const RedisServer redis;
    const RlServer servers[] = {RlServer(on(redis)), RlServer(on(redis)), RlServer(on(redis))};
    for (int i = 0; i < 20; ++i) {
      const auto reply = servers[i % 3].get("/test", "rlk_demo_free");
      CHECK(reply.status == 200);
      CHECK(header(reply, "X-RateLimit-Remaining") == std::to_string(19 - i));
      CHECK(store_of(reply) == "store=redis");
    }
    for (const RlServer& server : servers) {
      const auto reply = server.get("/test", "rlk_demo_free");
      CHECK(reply.status == 429);
      CHECK(contains(server.rlctl({"status"}).out, "store\tredis, "));
    }
  }

  TEST_CASE("a server goes on without its Redis and hands its count over when it is back") {
    RedisServer redis;
    const RlServer one(on(redis));
    const RlServer other(on(redis));
    redis.kill();
    for (int i = 0; i < 8; ++i) {
      const auto reply = one.get("/test", "rlk_demo_free");
      CHECK(reply.status == 200);
      CHECK(store_of(reply) == "store=fallback");
    }
    CHECK(eventually([&] { return contains(one.log(), "the shared store does not answer"); }));
    redis.start();
    CHECK(eventually([&] { return contains(one.log(), "the shared store answers again"); }));
    CHECK(eventually(
        [&] { return store_of(other.get("/test", "rlk_demo_free.other")) == "store=redis"; }));
    CHECK(header(other.get("/test", "rlk_demo_free"), "X-RateLimit-Remaining") == "11");
  }

  TEST_CASE("users of a fleet are made at one server and count at all of them within a second") {
    const RedisServer redis;
    auto options = on(redis);
    options.dev = false;
    const RlServer one(options);
    const RlServer other(options);
    REQUIRE(one.rlctl({"users", "create", "--name", "alice", "--tier", "free"}).status == 0);
    const auto made =
        rl::test::parse_json(one.rlctl({"keys", "create", "--user", "1", "-o", "json"}).out);
    const std::string key = made["secret"];
    const auto limit_at_other = [&] {
      return header(other.get("/limit", key), "X-RateLimit-Limit");
    };
    CHECK(limit_at_other() == "20");
    CHECK(other.rlctl({"users", "set-tier", "1", "pro"}).status == 0);
    CHECK(eventually([&] { return header(one.get("/limit", key), "X-RateLimit-Limit") == "150"; }));
    CHECK(contains(one.rlctl({"users", "usage", "1"}).out, "all since"));
    CHECK(one.rlctl({"keys", "revoke", "k1", "--yes"}).status == 0);
    CHECK(eventually([&] { return other.get("/limit", key).status == 401; }));
    const auto log = rl::test::parse_json(other.rlctl({"audit", "list", "-o", "json"}).out);
    CHECK(log["entries"].size() == 4);
  }

  TEST_CASE("users move from a data directory to Redis and back and their keys go on to work") {
    const RedisServer redis;
    const RlServer alone({.dev = false});
    REQUIRE(alone.rlctl({"users", "create", "--name", "alice", "--tier", "pro"}).status == 0);
    REQUIRE(alone.rlctl({"users", "create", "--name", "bob"}).status == 0);
    REQUIRE(alone.rlctl({"users", "delete", "2", "--yes"}).status == 0);
    const std::string key = rl::test::parse_json(
        alone.rlctl({"keys", "create", "--user", "1", "-o", "json"}).out)["secret"];
    const std::string lines = alone.rlctl({"users", "export"}).out;
    CHECK_FALSE(contains(lines, key.substr(8, 20)));

    auto options = on(redis);
    options.dev = false;
    const RlServer shared(options);
    CHECK(shared.get("/limit", key).status == 401);
    CHECK(shared.rlctl({"users", "import", "-"}, lines).out == "3 made, 0 there already\n");
    CHECK(shared.get("/limit", key).status == 200);
    CHECK(shared.rlctl({"users", "import", "-"}, lines).out == "0 made, 3 there already\n");
    CHECK(shared.rlctl({"users", "export"}).out == lines);
    CHECK(contains(shared.rlctl({"users", "create", "--name", "carol"}).out, "\n3\t"));

    const RlServer back({.dev = false});
    const std::string all = shared.rlctl({"users", "export"}).out;
    CHECK(back.rlctl({"users", "import", "-"}, all).status == 0);
    CHECK(back.get("/limit", key).status == 200);
    CHECK(back.rlctl({"users", "export"}).out == all);
    const auto refused = alone.rlctl({"users", "import", "-"}, all);  // carol has the next id here
    CHECK(refused.status == 0);
    const auto conflict = alone.rlctl(
        {"users", "import", "-"},
        R"({"type":"user","id":7,"name":"alice","tier":"pro","version":1,"created_us":1})");
    CHECK(conflict.status == 6);
    CHECK(contains(conflict.err, "line 1: user 1 has this name already"));
    CHECK(alone.rlctl({"users", "import", "/nowhere"}).status == 1);
  }

  TEST_CASE("signals reload and stop a server that has a thread for Redis") {
    const RedisServer redis;
    RlServer server(on(redis));
    for (int i = 0; i < 20; ++i) {  // whichever thread they reach
      server.signal(SIGHUP);
    }
    CHECK(server.get("/test", "rlk_demo_free").status == 200);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(contains(server.log(), "stopping signal=SIGTERM"));
  }

  TEST_CASE("a server starts without its Redis and says so") {
    const rl::test::TemporaryDirectory nowhere;
    const std::string url = "unix://" + nowhere.path() + "/none";
    const RlServer closed({.flags = {"--store", "redis", "--on-store-failure", "closed"},
                           .environment = {{"REDIS_URL", url}}});
    CHECK(contains(closed.log(), "starting without the shared store redis=" + url));
    CHECK(closed.get("/test", "rlk_demo_free").status == 503);
    CHECK(eventually([&] {
      closed.get("/test", "rlk_demo_free");
      return closed.get("/readyz").status == 503;
    }));
    const RlServer open({.flags = {"--store", "redis", "--on-store-failure", "open"},
                         .environment = {{"REDIS_URL", url}}});
    for (int i = 0; i < 25; ++i) {
      CHECK(open.get("/test", "rlk_demo_free").status == 200);
    }
    CHECK(open.get("/readyz").status == 200);
  }

  TEST_CASE("tiers choose for themselves what becomes of their requests without Redis") {
    RedisServer redis;
    const rl::test::TemporaryDirectory files;
    auto options = on(redis);
    options.tiers = rl::test::put(files, "tiers.toml", R"(version = 1
default_tier = "free"
[tiers.free]
on_store_failure = "closed"
limits = [{ window = "1m", base = 4 }]
[tiers.pro]
on_store_failure = "open"
limits = [{ window = "1m", base = 4 }]
[tiers.enterprise]
limits = [{ window = "1m", base = 4 }]
)");
    options.flags.insert(options.flags.end(), {"--instances", "2"});
    const RlServer server(options);
    const auto admitted = [&](const std::string& key) {
      int count = 0;
      for (int i = 0; i < 9; ++i) {
        count += server.get("/test", key).status == 200 ? 1 : 0;
      }
      return count;
    };
    CHECK(admitted("rlk_demo_free") == 4);
    redis.kill();
    CHECK(eventually([&] { return server.get("/test", "rlk_demo_free").status == 503; }));
    const auto refused = server.get("/test", "rlk_demo_free");
    CHECK(refused.status == 503);
    CHECK(contains(header(refused, "Content-Type"), "application/problem+json"));
    CHECK(admitted("rlk_demo_free") == 0);
    CHECK(admitted("rlk_demo_pro") == 9);
    CHECK(admitted("rlk_demo_enterprise") == 2);  // its share of one of two
    CHECK(store_of(server.get("/test", "rlk_demo_pro")) == "store=fallback");
    CHECK(server.get("/readyz").status == 200);  // for the other two
    redis.start();
    CHECK(eventually([&] { return server.get("/test", "rlk_demo_free").status == 200; }));
    CHECK(admitted("rlk_demo_pro") == 0);  // what was let in is counted
  }

  TEST_CASE("the status tells how Redis does, while it answers and while it stands still") {
    RedisServer redis;
    auto options = on(redis);
    options.flags.back() = "200ms";  // --store-deadline
    const RlServer server(options);
    const RlServer other(options);
    const auto status = [&] { return rl::test::steady_status(server); };
    CHECK(server.get("/test", "rlk_demo_free").status == 200);
    auto shared = status()["store"]["shared"];
    CHECK(shared["reachable"] == true);
    CHECK(shared["breaker"] == "closed");
    CHECK(shared["call_p50_us"] > 0);
    CHECK(shared["call_p99_us"] >= shared["call_p50_us"]);
    CHECK(shared["queued"] == 0);
    CHECK(shared["asked"] == 1);
    CHECK(shared["fallback"] == 0);
    CHECK(std::abs(shared["clock_ahead_us"].get<double>()) < 5e6);  // one host has one clock
    CHECK(
        contains(server.rlctl({"status"}).out, "\nshared store\treachable, breaker closed, p50 "));
    const auto instances = [&] { return status()["fleet"]["instances"]; };
    REQUIRE(eventually([&] { return instances().size() == 2; }));
    for (const auto& instance : instances()) {
      CHECK(instance["store"]["kind"] == "redis");
    }

    redis.signal(SIGSTOP);
    CHECK(eventually([&] {
      server.get("/test", "rlk_demo_free");
      return status()["store"]["kind"] == "fallback";
    }));
    shared = status()["store"]["shared"];
    CHECK(shared["breaker"] == "open");
    CHECK(shared["fallback"] > 0);
    CHECK(shared["late"] > 0);
    CHECK(shared["call_p99_us"] >= 200'000);  // what never came took longer than the deadline
    const auto health = rl::test::parse_json(server.ask_admin({.target = "/system/health"}).body);
    CHECK(health["store"]["kind"] == "fallback");
    CHECK(health["store"]["breaker"] == "open");
    CHECK(health["instances"][0]["store"] == "fallback");
    const std::string page = server.ask_admin({.target = "/metrics"}).body;
    CHECK(contains(page, "\nrl_breaker_state 2\n"));
    CHECK_FALSE(contains(page, "\nrl_store_errors_total{kind=\"late\"} 0\n"));
    CHECK_FALSE(contains(page, "\nrl_fallback_decisions_total 0\n"));
    CHECK(contains(page, "\nrl_store_instances "));

    redis.signal(SIGCONT);
    CHECK(eventually([&] { return status()["store"]["shared"]["breaker"] == "closed"; }));
    CHECK(contains(server.ask_admin({.target = "/metrics"}).body, "\nrl_store_reachable 1\n"));
  }

  TEST_CASE("a Redis that refuses is told at the start") {
    const RedisServer redis({.flags = {"--requirepass", ""}});
    redis.call({"ACL", "SETUSER", "default", ">secret"});
    const rl::test::TemporaryDirectory data;
    const auto refused = rl::test::run_program(
        "rlserver", {"--tiers", rl::test::kSampleTiers, "--dev", "--listen", "127.0.0.1:0",
                     "--admin-listen", "127.0.0.1:0", "--data-dir", data.path(), "--store", "redis",
                     "--redis-url", "unix://:wrong@" + redis.socket()});
    CHECK(refused.status == 7);
    CHECK(contains(refused.err, "WRONGPASS"));
  }

  TEST_CASE("a wrong choice of the store is told before anything starts") {
    struct Row {
      std::vector<std::string> flags;
      std::string told;
    };
    const Row rows[] = {
        {{"--store", "mysql"}, "\"mysql\" is not a store\n  use memory or redis"},
        {{"--store", "redis"},
         "--store redis needs to know where\n  give --redis-url or REDIS_URL"},
        {{"--store", "redis", "--redis-url", "http://h"}, "the Redis URL has no scheme"},
        {{"--store", "redis", "--redis-url", "rediss://h?ca="},
         "a file of authorities that cannot"},
        {{"--store-deadline", "0ms"}, "\"0ms\" is not a deadline for the store\n  use 1ms to 10s"},
        {{"--on-store-failure", "panic"}, "use local, open or closed"},
        {{"--instances", "0"}, "--instances"},
    };
    for (const Row& row : rows) {
      std::vector<std::string> arguments = {"--check-config", "--tiers", rl::test::kSampleTiers};
      arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
      const auto finished = rl::test::run_program("rlserver", arguments);
      CHECK(finished.status == 2);
      CHECK(contains(finished.err, row.told));
    }
  }
}
