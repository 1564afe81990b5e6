#include "tests/contract/store_contract.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

using namespace std::chrono_literals;

namespace rl::test::contract {
namespace {

Charge charge_of(std::string_view owner, std::string_view rule, std::uint32_t units,
                 std::uint32_t cost = 1, Micros window = 60s) {
  return {.bucket = {.owner = owner, .rule = rule},
          .limit = {.window = window, .units = units, .base = units, .degraded = units},
          .cost = cost};
}

Decision decide(Store& store, const Charge& charge, Mode mode = Mode::kAcquire) {
  Decision decision;
  REQUIRE(store.decide(std::span(&charge, 1), mode, std::span(&decision, 1)).has_value());
  return decision;
}

template <std::size_t N>
std::array<Decision, N> decide(Store& store, const std::array<Charge, N>& charges,
                               Mode mode = Mode::kAcquire) {
  std::array<Decision, N> decisions;
  REQUIRE(store.decide(charges, mode, decisions).has_value());
  return decisions;
}

struct Row {
  Micros step;  ///< the clock moves by this first
  std::uint32_t cost;
  std::uint32_t limit;
  Decision expected;
};

Decision granted(std::uint32_t limit, std::uint32_t remaining, Micros reset) {
  return {.allowed = true,
          .limit = limit,
          .remaining = remaining,
          .reset_after = reset,
          .retry_after = 0s};
}

Decision denied(std::uint32_t limit, std::uint32_t remaining, Micros reset, Micros retry) {
  return {.allowed = false,
          .limit = limit,
          .remaining = remaining,
          .reset_after = reset,
          .retry_after = retry};
}

void run_table(const MakeStore& make, const char* name, Algorithm algorithm,
               const std::vector<Row>& rows) {
  CAPTURE(name);
  ManualClock clock;
  clock.advance(20s);  // the clock stands at 1020 s: a window of 60 s begins here
  const StoreUnderTest under_test = make(clock);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    clock.advance(rows[i].step);
    Charge charge = charge_of("k:1", "t/1m", rows[i].limit, rows[i].cost);
    charge.limit.algorithm = algorithm;
    const Decision decision = decide(*under_test.store, charge);
    CHECK(decision.allowed == rows[i].expected.allowed);
    CHECK(decision.limit == rows[i].expected.limit);
    CHECK(decision.remaining == rows[i].expected.remaining);
    CHECK(decision.reset_after == rows[i].expected.reset_after);
    CHECK(decision.retry_after == rows[i].expected.retry_after);
  }
}

}  // namespace

void tables(const MakeStore& make) {
  run_table(make, "sliding_window", Algorithm::kSlidingWindow,
            {
                {0s, 1, 3, granted(3, 2, 60s)},
                {10s, 2, 3, granted(3, 0, 50s)},
                {20s, 1, 3, denied(3, 0, 30s, 30s)},
                {0s, 3, 3, denied(3, 0, 30s, 40s)},
                {0s, 4, 3, denied(3, 0, 30s, kNever)},
                {0s, 0, 3, granted(3, 0, 30s)},
                {30s - 1us, 1, 3, denied(3, 0, 1us, 1us)},
                {1us, 1, 3, granted(3, 0, 10s)},
                {-30s, 1, 3, denied(3, 0, 10s, 10s)},  // back to 30 s: the last stamp, 60 s, holds
                {0s, 1, 0, denied(0, 0, 10s, kNever)},
                {200s, 1, 3, granted(3, 2, 60s)},
            });
  run_table(make, "fixed_window", Algorithm::kFixedWindow,
            {
                {0s, 2, 3, granted(3, 1, 60s)},
                {59s, 1, 3, granted(3, 0, 1s)},
                {0s, 1, 3, denied(3, 0, 1s, 1s)},
                {1s, 3, 3, granted(3, 0, 60s)},  // 2L around the boundary, as documented
                {-30s, 1, 3, denied(3, 0, 60s, 60s)},
                {30s, 1, 2, denied(2, 0, 60s, 60s)},
                {60s, 1, 2, granted(2, 1, 60s)},
            });
  run_table(make, "sliding_counter", Algorithm::kSlidingCounter,
            {
                {0s, 10, 10, granted(10, 0, 60s)},
                {0s, 1, 10, denied(10, 0, 60s, 66s)},  // 10 * (1 - 6/60) + 1 = 10
                {66s, 1, 10, granted(10, 0, 54s)},
                {0s, 1, 10, denied(10, 0, 54s, 6s)},
                {24s, 4, 10, granted(10, 0, 30s)},  // 5 + 1 + 4
                {90s, 1, 10, granted(10, 9, 60s)},  // both windows have passed
            });
  run_table(make, "token_bucket", Algorithm::kTokenBucket,
            {
                {0s, 6, 6, granted(6, 0, 60s)},
                {0s, 1, 6, denied(6, 0, 60s, 10s)},
                {10s - 1us, 1, 6, denied(6, 0, 50s + 1us, 1us)},
                {1us, 1, 6, granted(6, 0, 60s)},
                {30s, 1, 6, granted(6, 2, 40s)},
                {-30s, 1, 6, granted(6, 1, 50s)},       // a clock that steps back refills nothing
                {30s, 1, 2, denied(2, 0, 150s, 120s)},  // cut to 2: 5 are taken, 4 must come back
                {0s, 1, 6, granted(6, 0, 60s)},         // raised again: what is taken stays taken
                {0s, 7, 6, denied(6, 0, 60s, kNever)},
            });
}

void all_or_nothing(const MakeStore& make) {
  const ManualClock clock;
  const StoreUnderTest under_test = make(clock);
  Store& store = *under_test.store;
  const std::array both = {charge_of("k:1", "t/1s", 1, 1, 1s), charge_of("g:", "g/1m", 5)};

  const auto first = decide(store, both);
  CHECK(first[0].allowed);
  CHECK(first[1].allowed);
  CHECK(first[1].remaining == 4);

  const auto second = decide(store, both);
  CHECK_FALSE(second[0].allowed);
  CHECK(second[1].allowed);
  CHECK(second[1].remaining == 4);  // a denial consumes nothing anywhere

  const std::array reversed = {both[1], both[0]};
  CHECK(decide(store, reversed)[0].remaining == 4);
  CHECK(decide(store, charge_of("g:", "g/1m", 5)).remaining == 3);
}

void shadow_rules(const MakeStore& make) {
  const ManualClock clock;
  const StoreUnderTest under_test = make(clock);
  Store& store = *under_test.store;
  std::array charges = {charge_of("k:1", "t/1m", 3), charge_of("k:1", "t/shadow", 1)};
  charges[1].enforce = false;

  CHECK(decide(store, charges)[1].allowed);
  const auto second = decide(store, charges);
  CHECK(second[0].allowed);
  CHECK(second[0].remaining == 1);
  CHECK_FALSE(second[1].allowed);  // told, but no reason to deny
  CHECK(second[1].remaining == 0);
  CHECK(decide(store, charges)[0].allowed);
  CHECK_FALSE(decide(store, charges)[0].allowed);
}

void peeking(const MakeStore& make) {
  const ManualClock clock;
  const StoreUnderTest under_test = make(clock);
  Store& store = *under_test.store;
  const Charge charge = charge_of("k:1", "t/1m", 2);
  for (int i = 0; i < 5; ++i) {
    const Decision decision = decide(store, charge, Mode::kPeek);
    CHECK(decision.allowed);
    CHECK(decision.remaining == 2);
    CHECK(decision.reset_after == 0s);
  }
  CHECK(store.stats().buckets == 0);
  decide(store, charge);
  CHECK(decide(store, charge, Mode::kPeek).remaining == 1);
  decide(store, charge);
  CHECK_FALSE(decide(store, charge, Mode::kPeek).allowed);
  CHECK(decide(store, charge, Mode::kPeek).retry_after == 60s);
}

void owners_apart(const MakeStore& make) {
  const ManualClock clock;
  const StoreUnderTest under_test = make(clock);
  for (int owner = 0; owner < 1'000; ++owner) {
    const std::string name = "k:" + std::to_string(owner);
    CHECK(decide(*under_test.store, charge_of(name, "t/1m", 1)).allowed);
    CHECK(decide(*under_test.store, charge_of(name, "t/1h", 1)).allowed);
    CHECK_FALSE(decide(*under_test.store, charge_of(name, "t/1m", 1)).allowed);
  }
}

void many_threads(const MakeStore& make, int threads) {
  constexpr std::uint32_t kLimit = 1'000;
  const ManualClock clock;
  const StoreUnderTest under_test = make(clock);
  std::atomic<int> admitted{0};
  {
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([&] {
        // Two charges in both orders: the locks of several shards are exercised as well.
        std::array charges = {charge_of("k:1", "t/1m", kLimit), charge_of("g:", "g/1m", 100'000)};
        std::array<Decision, 2> decisions;
        for (int i = 0; i < 1'000; ++i) {
          std::swap(charges[0], charges[1]);
          const auto done = under_test.store->decide(charges, Mode::kAcquire, decisions);
          if (done && decisions[0].allowed && decisions[1].allowed) {
            admitted.fetch_add(1, std::memory_order_relaxed);
          }
        }
      });
    }
  }
  CHECK(admitted == static_cast<int>(kLimit));
  CHECK(decide(*under_test.store, charge_of("g:", "g/1m", 100'000), Mode::kPeek).remaining ==
        100'000 - kLimit);
}

}  // namespace rl::test::contract
