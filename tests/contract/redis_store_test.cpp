#include "rl/store/redis/redis_store.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "tests/contract/store_contract.h"
#include "tests/support/redis_server.h"

namespace {

/// One server for all stores of this process; each store has keys of its own in it.
rl::test::StoreUnderTest make_redis_store(const rl::ManualClock& clock) {
  static const rl::test::RedisServer kServer;
  static const rl::Log kStoreLog;
  static std::atomic<int> stores{0};
  auto store = std::make_unique<rl::RedisStore>(
      rl::RedisStore::Options{.url = kServer.url(),
                              .prefix = "test:" + std::to_string(++stores) + ":",
                              .deadline = std::chrono::seconds{10},
                              .remember_denials = false,
                              .script_goes_by_clock = true},
      clock, kStoreLog);
  REQUIRE(store->wait_until_connected(std::chrono::seconds{10}));
  return {.store = std::move(store), .tidy = {}};
}

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("redis: granted and remaining and retry and reset follow the tables") {
    rl::test::contract::tables(make_redis_store);
  }
  TEST_CASE("redis: several charges are counted together or not at all") {
    rl::test::contract::all_or_nothing(make_redis_store);
  }
  TEST_CASE("redis: a shadow rule is counted and told but never denies") {
    rl::test::contract::shadow_rules(make_redis_store);
  }
  TEST_CASE("redis: a peek changes nothing") {
    rl::test::contract::peeking(make_redis_store);
  }
  TEST_CASE("redis: buckets do not touch each other") {
    rl::test::contract::owners_apart(make_redis_store);
  }
  TEST_CASE("redis: twenty thousand random steps agree with the naive oracle") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      rl::test::contract::random_walk(make_redis_store, seed, 500);
    }
  }
  TEST_CASE("redis: eight threads on one key never get one too many") {
    rl::test::contract::many_threads(make_redis_store, 8);
  }
}
