#pragma once

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "rl/store/fallback/fallback_store.h"
#include "tests/support/redis_server.h"

namespace rl::test {

/// One instance's stores on a Redis, on real time, as the faults of Redis are real.
class FaultInstance {
 public:
  struct Options {
    Micros deadline = std::chrono::milliseconds{20};  // of a machine that does other work
    FallbackStore::Options fallback = {};
  };

  FaultInstance(const RedisUrl& url, const Options& options)
      : redis({.url = url, .deadline = options.deadline}, clock, log),
        fallback(options.fallback, {.shared = redis, .local = local, .clock = clock, .log = log}) {
    REQUIRE(redis.wait_until_connected(std::chrono::seconds{30}));
    warm_up();
  }

  /// Whether the request is admitted; how long it took goes into `took`.
  bool ask(std::span<const Charge> charges, std::vector<Micros>* took = nullptr) {
    std::vector<Decision> decisions(charges.size());
    const Instant begin = clock.now();
    const auto decided = fallback.decide(charges, Mode::kAcquire, decisions);
    if (took != nullptr) {
      took->push_back(clock.now() - begin);
    }
    answered += decided ? 1 : 0;
    return decided && std::all_of(decisions.begin(), decisions.end(),
                                  [](const Decision& decision) { return decision.allowed; });
  }

  bool ask(const Charge& charge, std::vector<Micros>* took = nullptr) {
    return ask(std::span(&charge, 1), took);
  }

  /// Tends as the housekeeping of a server does, until the shared store decides again. How long it
  /// took.
  Micros recover() {
    const Instant begin = clock.now();
    while (fallback.kind() != "redis" && clock.now() < begin + std::chrono::seconds{120}) {
      fallback.tend();
      redis.wait_until_connected(std::chrono::milliseconds{5});
    }
    CHECK(fallback.kind() == "redis");
    return clock.now() - begin;
  }

  const SystemClock clock;
  const Log log{LogLevel::kError};
  MemoryStore local{clock, {}};
  RedisStore redis;
  FallbackStore fallback;
  std::atomic<int> answered{0};

 private:
  /// The first call of a script on a busy machine may be slow.
  void warm_up() {
    for (int i = 0; i < 100 && !redis.probe(); ++i) {
      fallback.tend();
    }
    recover();
  }
};

inline Charge charge_of(std::string_view owner, std::uint32_t units = 20,
                        Micros window = std::chrono::seconds{60}) {
  return {.bucket = {.owner = owner, .rule = "t/test"},
          .limit = {.window = window, .units = units, .base = units, .degraded = units}};
}

/// What is left in the bucket as Redis itself sees it.
inline std::uint32_t left_in(FaultInstance& instance, const Charge& charge) {
  for (int i = 0; i < 1000; ++i) {
    Decision decision;
    if (instance.redis.decide(std::span(&charge, 1), Mode::kPeek, std::span(&decision, 1))) {
      return decision.remaining;
    }
  }
  FAIL("Redis does not answer");
  return 0;
}

inline Micros p99(std::vector<Micros> times) {
  std::sort(times.begin(), times.end());
  return times.empty() ? Micros::zero() : times[times.size() * 99 / 100];
}

/// What a test saw, for who reads its output.
template <class... Args>
void saw(fmt::format_string<Args...> format, Args&&... args) {
  fmt::print("  saw: {}\n", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace rl::test
