#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "rl/admission/admission.h"
#include "rl/base/random.h"
#include "rl/config/policy_file.h"
#include "rl/health/health_register.h"
#include "rl/store/memory/memory_store.h"

// How long a request waits while the policy changes, against the same with a policy at rest. Each
// decision of one thread is timed by itself; another thread puts a policy of 100 tiers in force a
// thousand times a second.

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDecisions = 2'000'000;
constexpr rl::Micros kBetweenReloads = 1ms;

rl::Policy policy_of(int base) {
  std::string text = "version = 1\ndefault_tier = \"t0\"\n";
  for (int tier = 0; tier < 100; ++tier) {
    text += "[[tiers.t" + std::to_string(tier) +
            ".limits]]\nwindow = \"1s\"\nbase = " + std::to_string(base) + "\n";
  }
  return rl::parse_policy(text, "bench.toml").value();
}

struct House {
  rl::SystemClock clock;
  rl::PolicyRegister policies{policy_of(10)};
  rl::HealthRegister health{clock};
  rl::MemoryStore store{clock, {}};
  rl::DecisionCounters counters;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters}};
};

/// The time of each decision, sorted.
std::vector<rl::Micros> decision_times(const House& house) {
  rl::SeededRandom random(1);
  std::vector<rl::Micros> times;
  times.reserve(kDecisions);
  for (std::size_t i = 0; i < kDecisions; ++i) {
    const std::string owner = "k:" + std::to_string(random.below(1'000));
    const rl::Caller caller{.user_id = 1,
                            .user_name = "",
                            .key_id = "",
                            .tier = "t50",
                            .key_owner = owner,
                            .user_owner = ""};
    const rl::Instant begin = house.clock.now();
    benchmark::DoNotOptimize(
        house.admission.decide(caller, {.method = "GET", .path = "/"}, rl::Mode::kAcquire)
            .has_value());
    times.push_back(house.clock.now() - begin);
  }
  std::sort(times.begin(), times.end());
  return times;
}

void decisions(benchmark::State& state, bool reloading) {
  for (auto _ : state) {
    House house;
    std::jthread reloads;
    if (reloading) {
      reloads = std::jthread([&](const std::stop_token& stop) {
        const rl::Policy one = policy_of(10);
        const rl::Policy other = policy_of(20);
        for (int i = 0; !stop.stop_requested(); ++i) {
          house.policies.install(i % 2 == 0 ? other : one);
          std::this_thread::sleep_for(kBetweenReloads);
        }
      });
    }
    const std::vector<rl::Micros> times = decision_times(house);
    reloads = {};
    // Google Benchmark prints counters in the order of their names.
    state.counters["longest_us"] = static_cast<double>(times.back().count());
    state.counters["p9999_us"] =
        static_cast<double>(times[times.size() - times.size() / 10'000].count());
    state.counters["reloads"] = static_cast<double>(house.policies.snapshot()->version - 1);
  }
}

BENCHMARK_CAPTURE(decisions, at_rest, false)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decisions, reloading, true)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
