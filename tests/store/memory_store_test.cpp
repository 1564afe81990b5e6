#include "rl/store/memory/memory_store.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rl/base/manual_clock.h"

using namespace std::chrono_literals;

namespace {

rl::Decision take(rl::MemoryStore& store, const std::string& owner, std::uint32_t cost = 1,
                  rl::Micros window = 60s) {
  const rl::Charge charge{.bucket = {.owner = owner, .rule = "t/1m"},
                          .limit = {.window = window, .units = 3, .base = 3, .degraded = 3},
                          .cost = cost};
  rl::Decision decision;
  REQUIRE(
      store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)).has_value());
  return decision;
}

}  // namespace

TEST_SUITE("store") {
  TEST_CASE("idle buckets leave within a second of their window and live ones stay") {
    rl::ManualClock clock;
    rl::MemoryStore store(clock, {});
    for (int i = 0; i < 1'000; ++i) {
      take(store, "k:" + std::to_string(i));
    }
    clock.advance(30s);
    take(store, "k:7");
    clock.advance(30s + 1s);
    store.sweep();
    CHECK(store.stats().buckets == 1);
    CHECK(store.stats().expired == 999);
    CHECK(take(store, "k:7").remaining == 1);  // its unit of 31 s ago still counts
    CHECK(take(store, "k:8").remaining == 2);
  }

  TEST_CASE("a sweep a moment too early drops nothing") {
    rl::ManualClock clock;
    rl::MemoryStore store(clock, {});
    take(store, "k:1");
    clock.advance(60s + 1s - 1us);
    store.sweep();
    CHECK(store.stats().buckets == 1);
    clock.advance(1us);
    store.sweep();
    CHECK(store.stats().buckets == 0);
  }

  TEST_CASE("ten times more keys than the bound keep the store at its bound and are counted") {
    rl::ManualClock clock;
    rl::MemoryStore store(clock, {.max_buckets = 1'024});
    const std::uint64_t bound = store.stats().max_buckets;
    REQUIRE(bound == 1'024);
    for (int i = 0; i < 10'240; ++i) {
      clock.advance(1ms);
      REQUIRE(take(store, "k:" + std::to_string(i)).allowed);  // a new key is decided as usual
      REQUIRE(store.stats().buckets <= bound);
    }
    const rl::StoreStats stats = store.stats();
    CHECK(stats.evicted_live == 10'240 - stats.buckets);
    CHECK(stats.buckets > bound * 9 / 10);
  }

  TEST_CASE("at the bound idle buckets go before live ones") {
    rl::ManualClock clock;
    rl::MemoryStore store(clock, {.max_buckets = 32});  // one shard
    for (int i = 0; i < 16; ++i) {
      take(store, "old:" + std::to_string(i), 1, 1s);
    }
    for (int i = 0; i < 16; ++i) {
      take(store, "new:" + std::to_string(i), 1, 60s);
    }
    clock.advance(2s);
    for (int i = 0; i < 4; ++i) {
      take(store, "more:" + std::to_string(i), 1, 60s);
    }
    CHECK(store.stats().evicted_live == 0);
    CHECK(store.stats().buckets == 32);
  }

  TEST_CASE("a denied or impossible request leaves no bucket behind") {
    const rl::ManualClock clock;
    rl::MemoryStore store(clock, {});
    CHECK_FALSE(take(store, "k:1", 4).allowed);
    CHECK(take(store, "k:1", 0).allowed);
    CHECK(store.stats().buckets == 0);
  }

  TEST_CASE("ten times more stamps than the memory holds keep the store at its bound of bytes") {
    constexpr std::uint32_t kUnits = 1'000;
    constexpr std::uint64_t kBound = std::uint64_t{4} << 20U;
    rl::ManualClock clock;
    rl::MemoryStore store(clock, {.max_buckets = 10'000, .max_bytes = kBound});
    REQUIRE(store.stats().max_bytes == kBound);
    const auto take_many = [&](const std::string& owner) {
      const rl::Charge charge{.bucket = {.owner = owner, .rule = "t/1m"},
                              .limit = {.window = 60s, .units = kUnits, .base = kUnits},
                              .cost = kUnits};
      rl::Decision decision;
      REQUIRE(store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1))
                  .has_value());
      return decision.allowed;
    };
    take(store, "small");
    for (int i = 0; i < 10'000; ++i) {  // 4 kB each
      clock.advance(1ms);
      REQUIRE(take_many("k:" + std::to_string(i)));  // a new key is decided as usual
      REQUIRE(store.stats().bytes <= kBound);
    }
    CHECK_FALSE(take_many("k:9999"));  // the one that was just counted is not the one that goes
    const rl::StoreStats stats = store.stats();
    CHECK(stats.evicted_live == 10'000 + 1 - stats.buckets);
    CHECK(stats.bytes > kBound * 3 / 4);
    CHECK(take(store, "small").remaining == 1);  // one without stamps of its own does not help
  }

  TEST_CASE("what leaves gives its bytes back") {
    rl::ManualClock clock;
    rl::MemoryStore store(clock, {.max_buckets = 64});
    const std::uint64_t empty = store.stats().bytes;
    const rl::Charge charge{.bucket = {.owner = "k", .rule = "t/1m"},
                            .limit = {.window = 60s, .units = 1'000, .base = 1'000},
                            .cost = 1'000};
    rl::Decision decision;
    REQUIRE(store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1))
                .has_value());
    CHECK(store.stats().bytes >= empty + 4'000);
    clock.advance(61s);
    store.sweep();
    CHECK(store.stats().bytes == empty);
  }

  TEST_CASE(
      "threads that share buckets in any order get all and not one too many while others come") {
    constexpr std::uint32_t kOwn = 2'000;     // of each of four keys
    constexpr std::uint32_t kShared = 5'000;  // of all, less than those together
    const rl::ManualClock clock;
    rl::MemoryStore store(clock, {});
    const auto charge = [](std::string_view owner, std::uint32_t units) {
      return rl::Charge{.bucket = {.owner = owner, .rule = "t/1m"},
                        .limit = {.window = 60s, .units = units, .base = units}};
    };
    const std::array<std::string, 4> keys = {"k:0", "k:1", "k:2", "k:3"};
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < 2'000; ++i) {
          std::array charges = {charge(keys[(thread + i) % keys.size()], kOwn),
                                charge("g:", kShared)};
          if (thread % 2 == 0) {
            std::swap(charges[0], charges[1]);
          }
          std::array<rl::Decision, 2> decisions;
          static_cast<void>(store.decide(charges, rl::Mode::kAcquire, decisions));
          // A bucket more, so that its shard grows and moves the others.
          take(store, "new:" + std::to_string(thread) + ":" + std::to_string(i));
          if (i % 100 == 0) {
            store.sweep();
            static_cast<void>(store.stats());
          }
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    std::uint32_t taken = 0;
    for (const std::string& key : keys) {
      const rl::Charge asked = charge(key, kOwn);
      rl::Decision decision;
      REQUIRE(
          store.decide(std::span(&asked, 1), rl::Mode::kPeek, std::span(&decision, 1)).has_value());
      taken += kOwn - decision.remaining;
    }
    CHECK(taken == kShared);
    CHECK(store.stats().buckets == 4 + 1 + 8 * 2'000);
  }

  TEST_CASE("no more buckets are promised than half of the memory holds") {
    const rl::ManualClock clock;
    const rl::MemoryStore store(clock,
                                {.max_buckets = 1'000'000, .max_bytes = std::size_t{4} << 20U});
    CHECK(store.stats().max_buckets > 10'000);
    CHECK(store.stats().max_buckets < 20'000);
  }
}
