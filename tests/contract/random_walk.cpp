#include <doctest/doctest.h>

#include <array>

#include "rl/base/random.h"
#include "tests/contract/store_contract.h"
#include "tests/support/oracle.h"

using namespace std::chrono_literals;

namespace rl::test::contract {
namespace {

/// A rule of the walk; the number in force moves between two.
struct WalkRule {
  std::string id;
  Algorithm algorithm;
  Micros window;
  std::uint32_t burst;
  std::uint32_t degraded;
};

/// One random walk: a few rules, a few owners, a clock that mostly goes forward.
class Walk {
 public:
  Walk(const MakeStore& make, std::uint64_t seed) : random_(seed), under_test_(make(clock_)) {
    constexpr std::array kWindows = {Micros{100ms}, Micros{1s}, Micros{60s}};
    constexpr std::array<std::uint32_t, 6> kLimits = {0, 1, 2, 3, 7, 20};
    const auto rules = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < rules; ++i) {
      const std::uint32_t burst = kLimits[random_.below(kLimits.size())];
      const auto algorithm = static_cast<Algorithm>(random_.below(4));
      auto degraded = static_cast<std::uint32_t>(random_.below(burst + 1));
      if (algorithm == Algorithm::kTokenBucket && burst > 0) {
        degraded = std::max(degraded, 1U);  // at 0 a store may forget (token_bucket.h)
      }
      rules_.push_back({.id = "t/" + std::to_string(i),
                        .algorithm = algorithm,
                        .window = kWindows[random_.below(kWindows.size())],
                        .burst = burst,
                        .degraded = degraded});
    }
  }

  void step() {
    ++step_;
    move_clock();
    if (random_.below(40) == 0) {
      degraded_ = !degraded_;
    }
    if (random_.below(200) == 0 && under_test_.tidy) {
      under_test_.tidy();
    }
    ask();
    oracle_.forget_before(furthest_ - 3 * Micros{60s});
  }

 private:
  void move_clock() {
    const Micros window = rules_[random_.below(rules_.size())].window;
    switch (random_.below(12)) {
      case 0:
        break;  // an equal stamp
      case 1:   // exactly where the last wait ends, or a microsecond before
        clock_.advance(last_wait_ - Micros{static_cast<std::int64_t>(random_.below(2))});
        break;
      case 2:
        step_back();
        break;
      case 3:
        if (random_.below(20) == 0) {
          clock_.advance(3 * window);  // everything expires
        }
        break;
      default:
        clock_.advance(Micros{static_cast<std::int64_t>(
            random_.below(static_cast<std::uint64_t>(window.count()) / 6 + 1))});
    }
    furthest_ = std::max(furthest_, clock_.now());
  }

  /// Never more than a second behind the furthest the clock has been: what stores promise to bear.
  void step_back() {
    const Micros room = clock_.now() - (furthest_ - Micros{1s});
    clock_.advance(-Micros{
        static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(room.count()) + 1))});
  }

  Charge charge_of(const WalkRule& rule, std::string_view owner, std::uint32_t cost) {
    return {.bucket = {.owner = owner, .rule = rule.id},
            .limit = {.algorithm = rule.algorithm,
                      .window = rule.window,
                      .units = degraded_ ? rule.degraded : rule.burst,
                      .base = rule.degraded + (rule.burst - rule.degraded) / 2,
                      .degraded = rule.degraded},
            .cost = cost,
            .enforce = random_.below(10) != 0};
  }

  void ask() {
    const std::string owner = "k:" + std::to_string(random_.below(3));
    const auto largest = static_cast<std::uint32_t>(random_.below(4) == 0 ? 21 : 2);
    const auto cost = static_cast<std::uint32_t>(random_.below(largest + 1));
    const Mode mode = random_.below(8) == 0 ? Mode::kPeek : Mode::kAcquire;
    std::vector<Charge> charges;
    for (const WalkRule& rule : rules_) {
      charges.push_back(charge_of(rule, owner, cost));
    }
    std::vector<Decision> decisions(charges.size());
    std::vector<bool> expected;
    const Instant now = clock_.now();
    for (const Charge& charge : charges) {
      expected.push_back(oracle_.fits(charge, charge.cost, now));
    }
    check_waits_before(charges, now);
    expect(under_test_.store->decide(charges, mode, decisions).has_value(), "the store answers");
    for (std::size_t i = 0; i < charges.size(); ++i) {
      expect(decisions[i].allowed == expected[i], "allowed");
      check_wait(charges[i], decisions[i], now);
    }
    oracle_.decide(charges, mode, now);
    for (std::size_t i = 0; i < charges.size(); ++i) {
      expect(decisions[i].limit == charges[i].limit.units, "limit");
      expect(decisions[i].remaining == oracle_.remaining(charges[i], now), "remaining");
      check_reset(charges[i], decisions[i], now);
    }
  }

  /// Remembers where an interesting boundary lies, for move_clock().
  void check_waits_before(const std::vector<Charge>& charges, Instant now) {
    last_wait_ = Micros::zero();
    for (const Charge& charge : charges) {
      if (const auto oldest = oracle_.oldest_live(charge, now)) {
        last_wait_ = std::max(last_wait_, *oldest + charge.limit.window - now);
      }
    }
  }

  /// Retry-after is the first microsecond at which the same request would fit.
  void check_wait(const Charge& charge, const Decision& decision, Instant now) {
    if (decision.allowed) {
      expect(decision.retry_after == Micros::zero(), "nothing to wait for");
      return;
    }
    if (charge.cost > charge.limit.units || decision.retry_after == kNever) {
      // Never: the cost is above the limit, or nothing flows into a token bucket.
      expect(decision.retry_after == kNever, "never");
      expect(!oracle_.fits(charge, charge.cost, now + 1h * 24 * 365), "never is never");
      return;
    }
    const Instant then = oracle_.clamped(charge, now) + decision.retry_after;
    expect(oracle_.fits(charge, charge.cost, then), "fits after the wait");
    expect(!oracle_.fits(charge, charge.cost, then - Micros{1}),
           "does not fit a microsecond sooner");
  }

  void check_reset(const Charge& charge, const Decision& decision, Instant now) {
    if (charge.limit.algorithm == Algorithm::kSlidingWindow) {
      const auto oldest = oracle_.oldest_live(charge, now);
      const Micros expected =
          oldest ? *oldest + charge.limit.window - oracle_.clamped(charge, now) : Micros::zero();
      expect(decision.reset_after == expected, "reset");
    }
  }

  /// A doctest assertion of its own for each comparison would take most of the run.
  void expect(bool holds, const char* what) const {
    if (!holds) {
      FAIL("step " << step_ << ": " << what);
    }
  }

  int step_ = 0;
  SeededRandom random_;
  ManualClock clock_;
  StoreUnderTest under_test_;
  Oracle oracle_;
  std::vector<WalkRule> rules_;
  bool degraded_ = false;
  Micros last_wait_{};
  Instant furthest_ = clock_.now();
};

}  // namespace

void random_walk(const MakeStore& make, std::uint64_t seed, int steps) {
  CAPTURE(seed);
  Walk walk(make, seed);
  for (int step = 0; step < steps; ++step) {
    walk.step();
  }
}

}  // namespace rl::test::contract
