#include <benchmark/benchmark.h>
#include <malloc.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/reference_store.h"
#include "rl/base/random.h"
#include "rl/health/health_register.h"
#include "rl/store/memory/memory_store.h"

// The decision in process, and what it is held against. `scripts/bench decision` runs it and prints
// the ratios; the goals stand in docs/performance.md.

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCallers = 100'000;
constexpr std::uint32_t kLimit = 20;
constexpr rl::Micros kWindow = 1s;

/// The callers, and the keys of many requests as they come in: in an order that no cache can guess,
/// but one after the other in memory, as a key that has just been read from a connection is near.
struct Traffic {
  Traffic() {
    rl::SeededRandom random(1);
    for (std::size_t i = 0; i < kCallers; ++i) {
      callers.push_back("k:" + rl::random_hex(random, 6));  // short: no allocation of its own
    }
    for (std::size_t i = 0; i < 4 * kCallers; ++i) {
      requests.push_back(callers[random.below(kCallers)]);
    }
  }
  std::vector<std::string> callers;
  std::vector<std::string> requests;
};

const Traffic& traffic() {
  static const Traffic kOnce;
  return kOnce;
}

const rl::SystemClock& system_clock() {
  static const rl::SystemClock kOnce;
  return kOnce;
}

rl::Charge charge_of(const std::string& owner, std::string_view rule) {
  return {.bucket = {.owner = owner, .rule = rule},
          .limit = {.window = kWindow, .units = kLimit, .base = kLimit, .degraded = kLimit}};
}

constexpr std::array<std::string_view, 3> kRuleIds = {"t/1s", "t/1m", "g/1h"};

/// One store for all threads of a benchmark, in which every caller is known under `rules` rules.
std::unique_ptr<rl::MemoryStore> filled_store(std::size_t rules) {
  auto store = std::make_unique<rl::MemoryStore>(system_clock(), rl::MemoryStore::Options{});
  for (int unit = 0; unit < 10; ++unit) {
    for (const std::string& name : traffic().callers) {
      for (std::size_t rule = 0; rule < rules; ++rule) {
        const rl::Charge charge = charge_of(name, kRuleIds[rule]);
        rl::Decision decision;
        static_cast<void>(
            store->decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)));
      }
    }
  }
  return store;
}

std::size_t start_of(const benchmark::State& state) {
  return static_cast<std::size_t>(state.thread_index()) * 7919;
}

void reference(benchmark::State& state) {
  static rl::bench::ReferenceStore store(system_clock());
  const std::vector<std::string>& requests = traffic().requests;
  for (const std::string& name : traffic().callers) {
    store.acquire(name, kLimit, kWindow);
  }
  std::size_t i = start_of(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(store.acquire(requests[i++ % requests.size()], kLimit, kWindow));
  }
}

template <std::size_t kRules>
void decide_in(benchmark::State& state, rl::MemoryStore& store) {
  const std::vector<std::string>& requests = traffic().requests;
  std::array<rl::Charge, kRules> charges;
  std::array<rl::Decision, kRules> decisions;
  std::size_t i = start_of(state);
  for (auto _ : state) {
    const std::string& name = requests[i++ % requests.size()];
    for (std::size_t rule = 0; rule < kRules; ++rule) {
      charges[rule] = charge_of(name, kRuleIds[rule]);
    }
    benchmark::DoNotOptimize(store.decide(charges, rl::Mode::kAcquire, decisions).has_value());
  }
}

template <std::size_t kRules>
void decide(benchmark::State& state) {
  static const std::unique_ptr<rl::MemoryStore> kStore = filled_store(kRules);
  decide_in<kRules>(state, *kStore);
}

/// What two threads can get on this machine at most: each decides in a store of its own.
void apart(benchmark::State& state) {
  static const std::array<std::unique_ptr<rl::MemoryStore>, 2> kStores = {filled_store(1),
                                                                          filled_store(1)};
  decide_in<1>(state, *kStores.at(static_cast<std::size_t>(state.thread_index())));
}

void health_read(benchmark::State& state) {
  static rl::HealthRegister health(system_clock());
  for (auto _ : state) {
    benchmark::DoNotOptimize(health.word().read());
  }
}

std::size_t heap_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// Not a timing: what so many callers with so many live units each cost, as counters.
void memory(benchmark::State& state) {
  const auto callers = static_cast<std::size_t>(state.range(0));
  const auto units = static_cast<std::uint32_t>(state.range(1));
  for (auto _ : state) {
    const std::size_t before = heap_in_use();
    rl::MemoryStore store(system_clock(), {.max_buckets = 2 * callers});
    for (std::size_t i = 0; i < callers; ++i) {
      const std::string name = "k:" + std::to_string(i);
      rl::Charge charge = charge_of(name, "t/1d");
      charge.limit.window = 24h;
      charge.limit.units = units;
      rl::Decision decision;
      for (std::uint32_t unit = 0; unit < units; ++unit) {
        static_cast<void>(
            store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1)));
      }
    }
    const auto bytes = static_cast<double>(heap_in_use() - before);
    state.counters["bytes_per_caller"] = bytes / static_cast<double>(callers);
    state.counters["MiB"] = bytes / (1 << 20);
  }
}

BENCHMARK(reference)->UseRealTime();
BENCHMARK(decide<1>)->Name("one_rule")->UseRealTime()->ThreadRange(1, 2);
BENCHMARK(apart)->UseRealTime()->Threads(2);
BENCHMARK(decide<3>)->Name("three_rules")->UseRealTime();
BENCHMARK(health_read);
BENCHMARK(memory)
    ->Args({1'000'000, 1})
    ->Args({1'000'000, 2})
    ->Args({100'000, 20})
    ->Args({10'000, 1'000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
