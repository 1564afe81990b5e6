#include "rl/store/memory/memory_store.h"

#include <doctest/doctest.h>

#include "tests/contract/store_contract.h"

namespace {

rl::test::StoreUnderTest make_memory_store(const rl::ManualClock& clock) {
  auto store = std::make_unique<rl::MemoryStore>(clock, rl::MemoryStore::Options{});
  auto* const sweeping = store.get();
  return {.store = std::move(store), .tidy = [sweeping] { sweeping->sweep(); }};
}

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("memory: granted and remaining and retry and reset follow the tables") {
    rl::test::contract::tables(make_memory_store);
  }
  TEST_CASE("memory: several charges are counted together or not at all") {
    rl::test::contract::all_or_nothing(make_memory_store);
  }
  TEST_CASE("memory: a shadow rule is counted and told but never denies") {
    rl::test::contract::shadow_rules(make_memory_store);
  }
  TEST_CASE("memory: a peek changes nothing") {
    rl::test::contract::peeking(make_memory_store);
  }
  TEST_CASE("memory: buckets do not touch each other") {
    rl::test::contract::owners_apart(make_memory_store);
  }
  TEST_CASE("memory: a million random steps agree with the naive oracle") {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      rl::test::contract::random_walk(make_memory_store, seed, 2'000);
    }
  }
  TEST_CASE("memory: eight threads on one key never get one too many") {
    rl::test::contract::many_threads(make_memory_store, 8);
  }
}
