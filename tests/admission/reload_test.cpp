#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "rl/admission/admission.h"
#include "rl/base/manual_clock.h"
#include "rl/config/policy_file.h"
#include "rl/health/health_register.h"
#include "rl/store/memory/memory_store.h"

namespace {

constexpr std::uint32_t kSmall = 1000;
constexpr std::uint32_t kLarge = 1500;

/// Two limits with one number, so that an outcome of two policies shows.
rl::Policy policy_of(std::uint32_t units) {
  return rl::parse_policy(
             fmt::format("version = 1\ndefault_tier = \"free\"\n[tiers.free]\nlimits = [\n"
                         "  {{ window = \"1m\", base = {0} }},\n  {{ window = \"1h\", base = {0} "
                         "}},\n]\n",
                         units),
             "test.toml")
      .value();
}

/// A whole admission on a virtual clock.
struct ReloadHouse {
  rl::ManualClock clock;
  rl::PolicyRegister policies{policy_of(kSmall)};
  rl::HealthRegister health{clock};
  rl::MemoryStore store{clock, {}};
  rl::DecisionCounters counters;
  rl::Admission admission{{.policies = policies,
                           .health = health.word(),
                           .store = store,
                           .clock = clock,
                           .counters = counters}};
};

/// What one thread saw.
struct Tally {
  std::uint64_t admitted = 0;
  std::uint64_t mixed = 0;  ///< outcomes that no single policy can have
};

/// Odd versions have the small number, even ones the large.
bool is_of_one_policy(const rl::Outcome& outcome) {
  const std::uint32_t units = outcome.policy->version % 2 == 1 ? kSmall : kLarge;
  for (const rl::RuleOutcome& entry : outcome.rules()) {
    if (entry.rule->burst != units || entry.decision.limit != units) {
      return false;
    }
  }
  return outcome.rules().size() == 2;
}

}  // namespace

TEST_SUITE("admission") {
  TEST_CASE("eight threads decide while policies change and none mixes two or loses a count") {
    constexpr int kThreads = 8;
    constexpr int kReloads = 500;
    ReloadHouse house;
    const rl::Caller caller{.user_id = 1,
                            .user_name = "one",
                            .key_id = "k",
                            .tier = "free",
                            .key_owner = "k:1",
                            .user_owner = "u:1"};
    std::atomic<bool> stop{false};
    std::vector<Tally> tallies(kThreads);
    std::vector<std::thread> threads;
    for (Tally& tally : tallies) {
      threads.emplace_back([&] {
        while (!stop.load(std::memory_order_relaxed)) {
          const auto outcome =
              house.admission.decide(caller, {.method = "GET", .path = "/"}, rl::Mode::kAcquire);
          tally.admitted += outcome->allowed ? 1 : 0;
          tally.mixed += is_of_one_policy(*outcome) ? 0 : 1;
        }
      });
    }
    for (int i = 0; i < kReloads; ++i) {
      house.policies.install(policy_of(i % 2 == 0 ? kLarge : kSmall));
    }
    house.policies.install(policy_of(kLarge));  // version 502: what is left may now be taken
    stop = true;
    std::uint64_t admitted = 0;
    for (int i = 0; i < kThreads; ++i) {
      threads[static_cast<std::size_t>(i)].join();
      admitted += tallies[static_cast<std::size_t>(i)].admitted;
      CHECK(tallies[static_cast<std::size_t>(i)].mixed == 0);
    }
    while (house.admission.decide(caller, {.method = "GET", .path = "/"}, rl::Mode::kAcquire)
               ->allowed) {
      ++admitted;
    }
    CHECK(admitted == kLarge);
    CHECK(house.policies.snapshot()->version == kReloads + 2);
  }

  TEST_CASE("eight threads decide while the health is switched and the next decision follows it") {
    constexpr int kThreads = 8;
    ReloadHouse house;
    const rl::Caller caller{.user_id = 1,
                            .user_name = "one",
                            .key_id = "k",
                            .tier = "free",
                            .key_owner = "k:1",
                            .user_owner = "u:1"};
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> in_force{1};  // raised when a switch has returned
    std::vector<std::uint64_t> stale(kThreads);
    std::vector<std::thread> threads;
    for (std::uint64_t& count : stale) {
      threads.emplace_back([&] {
        while (!stop.load()) {
          const std::uint64_t at_least = in_force.load();
          const auto outcome =
              house.admission.decide(caller, {.method = "GET", .path = "/"}, rl::Mode::kAcquire);
          count += outcome->health.version < at_least ? 1 : 0;
        }
      });
    }
    for (int i = 0; i < 2'000; ++i) {
      const auto state = i % 2 == 0 ? rl::HealthState::kDegraded : rl::HealthState::kNormal;
      in_force.store(house.health.set({.state = state}).health.version);
    }
    stop = true;
    for (int i = 0; i < kThreads; ++i) {
      threads[static_cast<std::size_t>(i)].join();
      CHECK(stale[static_cast<std::size_t>(i)] == 0);
    }
  }
}
