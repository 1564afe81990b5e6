#include "rl/identity/redis/redis_directory.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <functional>

#include "rl/identity/directory_identity.h"
#include "rl/redis/link.h"
#include "tests/contract/directory_contract.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/redis_server.h"

namespace {

using namespace std::chrono_literals;
using rl::RedisDirectory;
using rl::test::RedisServer;

const rl::Log kLog(rl::LogLevel::kError);
const rl::Actor kRedisAdmin{.name = "admin", .origin = "127.0.0.1"};

RedisDirectory::Options on(const RedisServer& redis, const std::string& prefix = "rl:1:") {
  return {.url = redis.url(),
          .prefix = prefix,
          .lookup_deadline = 10s,  // machines of tests are slow
          .change_deadline = 10s};
}

/// Whether it holds within that time.
bool within(rl::Micros time, const std::function<bool()>& holds) {
  const rl::SystemClock clock;
  const rl::Instant end = clock.now() + time;
  while (!holds()) {
    if (clock.now() > end) {
      return false;
    }
    ::poll(nullptr, 0, 1);
  }
  return true;
}

/// One server for all directories of this process; each has keys of its own in it.
std::unique_ptr<rl::UserDirectory> make_directory(const rl::Clock& clock) {
  static const RedisServer kServer;
  static std::atomic<int> directories{0};
  auto directory = std::make_unique<RedisDirectory>(
      on(kServer, fmt::format("test:{}:", ++directories)), clock, kLog);
  REQUIRE(within(10s, [&] { return directory->marks().all() > 0; }));  // the feed has begun
  return directory;
}

/// An instance of a fleet: the users in Redis, with a cache in front.
struct DirectoryInstance {
  explicit DirectoryInstance(const RedisServer& redis) : DirectoryInstance(on(redis)) {}
  explicit DirectoryInstance(const RedisDirectory::Options& options)
      : directory(options, clock, kLog) {
    REQUIRE(within(10s, [&] { return directory.marks().all() > 0; }));
  }

  /// The tier of a key; empty when it is refused.
  std::string tier_of(const std::string& secret) const {
    const auto caller = identity.find_key(secret);
    return caller && *caller ? (*caller)->tier : "";
  }

  rl::SystemClock clock;
  RedisDirectory directory;
  rl::DirectoryIdentity identity{directory, clock};
};

/// Alice and her key.
std::string make_alice(DirectoryInstance& instance, rl::Random& random) {
  const std::string secret = rl::make_api_key(random);
  REQUIRE(instance.directory.create_user({.name = "alice", .tier = "free"}, kRedisAdmin));
  REQUIRE(instance.directory.create_key(
      {.user_id = 1, .digest = rl::sha256(secret), .hint = rl::hint_of(secret)}, kRedisAdmin));
  return secret;
}

void run_command(const RedisServer& redis, const std::vector<std::string_view>& words) {
  const rl::SystemClock clock;
  auto link = rl::redis::Link::open(redis.url(), clock, 10s).value();
  REQUIRE(link->call(words, clock.now() + 10s));
}

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("A1 redis: users have ascending ids and names that are theirs alone") {
    rl::test::contract::users(make_directory);
  }
  TEST_CASE("D3 redis: a user has several keys each with its own name and tier and expiry") {
    rl::test::contract::keys(make_directory);
  }
  TEST_CASE("redis: a rotated key has two secrets until the grace ends") {
    rl::test::contract::rotation(make_directory);
  }
  TEST_CASE("redis: a revoked key leads to nobody and stays revoked") {
    rl::test::contract::revocation(make_directory);
  }
  TEST_CASE("redis: every change and no refusal is in the audit log") {
    rl::test::contract::audit_log(make_directory);
  }
  TEST_CASE("redis: what every instance sees by itself is one line in the audit log") {
    const RedisServer server;
    DirectoryInstance a(server);
    DirectoryInstance b(server);
    const auto tell = [](DirectoryInstance& instance, const std::string& subject) {
      REQUIRE(instance.directory.record_once({.at = instance.clock.wall_now(),
                                              .actor = "ttl",
                                              .action = "health.set",
                                              .subject = subject,
                                              .after = "NORMAL"}));
    };
    for (const char* const subject : {"health v3", "health v5"}) {
      tell(a, subject);
      tell(b, subject);
    }
    tell(a, "health v3");
    const auto entries = b.directory.audit({}).value();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].subject == "health v5");
    CHECK(entries[1].subject == "health v3");
    REQUIRE(a.directory.record({.at = a.clock.wall_now(),
                                .actor = "anna",
                                .action = "health.set",
                                .subject = "health v5"}));
    CHECK(b.directory.audit({}).value().size() == 3);  // another's doing
  }
  TEST_CASE("redis: names are data whatever they would mean to a database") {
    rl::test::contract::hostile_text(make_directory);
  }
  TEST_CASE("redis: caches are told of every change that concerns them") {
    rl::test::contract::marks(make_directory);
  }
  TEST_CASE("redis: what moves to another directory keeps its ids and secrets") {
    rl::test::contract::moving(make_directory);
  }
  TEST_CASE("redis: an import is taken whole or not at all") {
    rl::test::contract::refused_imports(make_directory);
  }
  TEST_CASE("D3 redis: the usage of keys and users is kept by the minute") {
    rl::test::contract::usage(make_directory);
  }
  TEST_CASE("redis: eight threads that create users get every id once") {
    rl::test::contract::many_writers(make_directory, 8);
  }

  TEST_CASE("redis: a change by one instance counts in another within a second") {
    const RedisServer redis;
    DirectoryInstance one(redis);
    DirectoryInstance other(redis);
    rl::SeededRandom random(3);
    const std::string secret = rl::make_api_key(random);
    CHECK(other.tier_of(secret).empty());  // it remembers that there is no such key
    REQUIRE(one.directory.create_user({.name = "alice", .tier = "free"}, kRedisAdmin));
    REQUIRE(one.directory.create_key(
        {.user_id = 1, .digest = rl::sha256(secret), .hint = rl::hint_of(secret)}, kRedisAdmin));
    CHECK(one.tier_of(secret) == "free");
    CHECK(within(1s, [&] { return other.tier_of(secret) == "free"; }));
    const rl::Instant begin = one.clock.now();
    REQUIRE(one.directory.set_tier(1, "pro", std::nullopt, kRedisAdmin));
    CHECK(one.tier_of(secret) == "pro");
    CHECK(within(1s, [&] { return other.tier_of(secret) == "pro"; }));
    MESSAGE("a tier was changed everywhere after ", (one.clock.now() - begin).count(), " us");
    REQUIRE(one.directory.revoke_key(1, kRedisAdmin));
    CHECK(within(1s, [&] { return other.tier_of(secret).empty(); }));
  }

  TEST_CASE("redis: an instance that lost its connection learns what it missed") {
    const RedisServer redis;
    DirectoryInstance one(redis);
    DirectoryInstance other(redis);
    rl::SeededRandom random(4);
    const std::string secret = make_alice(one, random);
    REQUIRE(within(5s, [&] { return other.tier_of(secret) == "free"; }));
    for (int i = 0; i < 20; ++i) {
      // Every connection is cut, then a change is made at once: no feed hears of it by itself.
      run_command(redis, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      const std::string tier = fmt::format("tier{}", i);
      REQUIRE(within(5s, [&] {
        return one.directory.set_tier(1, tier, std::nullopt, kRedisAdmin).has_value();
      }));
      CHECK(within(1s, [&] { return other.tier_of(secret) == tier; }));
    }
  }

  TEST_CASE("redis: what left the list of changes before it was read makes all be read again") {
    const RedisServer redis;
    DirectoryInstance one(redis);
    DirectoryInstance other(redis);
    rl::SeededRandom random(5);
    const std::string secret = make_alice(one, random);
    REQUIRE(within(5s, [&] { return other.tier_of(secret) == "free"; }));
    // The entry of this change is gone, as if it had been pushed out while nobody listened.
    run_command(redis, {"HSET", "rl:1:user:1", "tier", "gold"});
    run_command(redis, {"HINCRBY", "rl:1:ids", "change", "1"});
    REQUIRE(one.directory.create_user({.name = "bob", .tier = "free"}, kRedisAdmin));
    REQUIRE(one.directory.set_tier(2, "pro", std::nullopt, kRedisAdmin));
    CHECK(within(1s, [&] { return other.tier_of(secret) == "gold"; }));
    // And a Redis that lost everything.
    run_command(redis, {"FLUSHALL"});
    CHECK(within(1s, [&] { return other.tier_of(secret).empty(); }));
  }

  TEST_CASE("redis: without Redis known keys go on for a time and unknown ones are undecided") {
    RedisServer redis;
    auto options = on(redis);
    options.trusted_for = 1s;
    options.lookup_deadline = 50ms;
    options.change_deadline = 50ms;
    rl::SeededRandom random(6);
    std::string secret;
    {
      DirectoryInstance first(redis);
      secret = make_alice(first, random);
    }
    DirectoryInstance instance(options);
    REQUIRE(within(10s, [&] { return instance.tier_of(secret) == "free"; }));
    redis.signal(SIGSTOP);
    const rl::Instant begin = instance.clock.now();
    const std::string unknown = rl::make_api_key(random);
    for (int i = 0; i < 100; ++i) {
      CHECK_FALSE(instance.identity.find_key(unknown).has_value());
    }
    // One of them waited for Redis, or a few; the others knew.
    CHECK(instance.clock.now() - begin < 3s);
    const auto refused =
        instance.directory.create_user({.name = "bob", .tier = "free"}, kRedisAdmin);
    REQUIRE_FALSE(refused.has_value());
    CHECK((refused.error().kind == rl::DirectoryError::Kind::kFailed ||
           refused.error().kind == rl::DirectoryError::Kind::kUnknown));
    CHECK(within(10s, [&] { return !instance.identity.find_key(secret).has_value(); }));
    redis.signal(SIGCONT);
    CHECK(within(10s, [&] { return instance.tier_of(secret) == "free"; }));
    // What was given up did not happen later.
    CHECK(within(10s, [&] { return instance.directory.list_users({}).has_value(); }));
    CHECK(instance.directory.list_users({}).value().size() == 1);
  }

  TEST_CASE("redis: a key that is revoked while an instance is cut off ends there in time") {
    const RedisServer redis;
    rl::test::FaultProxy proxy(redis.socket());
    DirectoryInstance one(redis);
    rl::SeededRandom random(9);
    const std::string secret = make_alice(one, random);
    auto options = on(redis);
    options.url = proxy.url();
    options.trusted_for = 2s;
    options.lookup_deadline = 50ms;
    DirectoryInstance cut_off(options);  // after alice: no word of a change is on its way to it
    REQUIRE(within(10s, [&] { return cut_off.tier_of(secret) == "free"; }));
    proxy.set(rl::test::FaultProxy::Fault::kBlackHole);
    const rl::Instant begin = one.clock.now();
    REQUIRE(one.directory.revoke_key(1, kRedisAdmin));
    CHECK(one.tier_of(secret).empty());
    CHECK(cut_off.tier_of(secret) == "free");  // what it has not heard of
    CHECK(within(10s, [&] { return !cut_off.identity.find_key(secret).has_value(); }));
    MESSAGE("a revoked key worked on an instance that was cut off for ",
            (one.clock.now() - begin).count() / 1000, " ms, with 2000 ms allowed");
    proxy.set(rl::test::FaultProxy::Fault::kNone);
    CHECK(within(10s, [&] {
      const auto caller = cut_off.identity.find_key(secret);
      return caller && !*caller;  // refused, as everywhere
    }));
  }

  TEST_CASE("redis: a script that was flushed away is loaded again") {
    const RedisServer redis;
    DirectoryInstance instance(redis);
    rl::SeededRandom random(7);
    const std::string secret = make_alice(instance, random);
    run_command(redis, {"SCRIPT", "FLUSH"});
    CHECK(instance.directory.find_user(1).value().name == "alice");
    CHECK(instance.tier_of(secret) == "free");
  }

  TEST_CASE("redis: nothing that Redis holds is a secret") {
    const RedisServer redis;
    DirectoryInstance instance(redis);
    rl::SeededRandom random(8);
    const std::string secret = make_alice(instance, random);
    const rl::SystemClock clock;
    auto link = rl::redis::Link::open(redis.url(), clock, 10s).value();
    const std::vector<std::string_view> list = {"KEYS", "*"};
    const auto keys = link->call(list, clock.now() + 10s).value();
    std::size_t seen = 0;
    for (const auto& key : keys.elements) {
      const std::vector<std::string_view> dump = {"DUMP", key.text};
      const std::string content = link->call(dump, clock.now() + 10s).value().text + key.text;
      CHECK(content.find(secret.substr(8, 20)) == std::string::npos);
      ++seen;
    }
    CHECK(seen >= 8);
  }
}
