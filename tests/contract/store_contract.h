#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rl/base/manual_clock.h"
#include "rl/store/store.h"

namespace rl::test {

/// A store on a clock of the suite's own.
struct StoreUnderTest {
  std::unique_ptr<Store> store;
  std::function<void()> tidy;  ///< what the store does on its own now and then, such as sweeping
};

using MakeStore = std::function<StoreUnderTest(const ManualClock& clock)>;

/// What every store must do, whatever it is made of. Each function holds doctest assertions.
namespace contract {

void tables(const MakeStore& make);  ///< time, cost, limit -> granted, remaining, retry, reset
void all_or_nothing(const MakeStore& make);  ///< several charges are one step
void shadow_rules(const MakeStore& make);    ///< counted and told, never a reason to deny
void peeking(const MakeStore& make);         ///< changes nothing
void owners_apart(const MakeStore& make);    ///< buckets do not touch each other

/// Random requests with one to three rules of all algorithms, flips of limits, exact boundaries and
/// clocks that step back, held against the naive oracle. Failures name the seed.
void random_walk(const MakeStore& make, std::uint64_t seed, int steps);

/// `threads` threads hammer one key; never one admission too many.
void many_threads(const MakeStore& make, int threads);

}  // namespace contract
}  // namespace rl::test
