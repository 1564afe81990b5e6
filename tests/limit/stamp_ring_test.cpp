#include "rl/limit/stamp_ring.h"

#include <doctest/doctest.h>

#include <deque>

#include "rl/base/random.h"

using namespace std::chrono_literals;

namespace {

/// Pushes and pops at random and holds the ring against a queue. `step` is the largest step of
/// time.
void compare_with_queue(std::uint64_t seed, rl::Micros step, std::uint64_t largest_push) {
  rl::SeededRandom random(seed);
  rl::StampRing ring;
  std::deque<rl::Instant> queue;
  rl::Instant now{5s};
  for (int turn = 0; turn < 20'000; ++turn) {
    now += rl::Micros{
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(step.count())))};
    const bool filling = turn % 4'000 < 2'200;
    if (random.below(100) < (filling ? 60 : 40)) {
      const auto count = static_cast<std::uint32_t>(random.below(largest_push));
      ring.push_back(now, count);
      queue.insert(queue.end(), count, now);
    } else {
      const auto count =
          std::min(static_cast<std::uint32_t>(random.below(largest_push)), ring.size());
      ring.pop_front(count);
      queue.erase(queue.begin(), queue.begin() + count);
    }
    REQUIRE(ring.size() == queue.size());
    if (!queue.empty()) {
      const auto middle = static_cast<std::uint32_t>(random.below(queue.size()));
      REQUIRE(ring.front() == queue.front());
      REQUIRE(ring.back() == queue.back());
      REQUIRE(ring[middle] == queue[middle]);
    }
  }
}

}  // namespace

TEST_SUITE("limit") {
  TEST_CASE("a stamp ring behaves like a queue whatever its size and span") {
    compare_with_queue(1, 10us, 3);   // stays inside
    compare_with_queue(2, 1ms, 60);   // moves to the heap
    compare_with_queue(3, 10min, 8);  // counts from a new base now and then
    compare_with_queue(4, 24h, 40);   // needs 64 bits
  }

  TEST_CASE("a stamp ring needs no allocation for twenty and little slack for many") {
    rl::StampRing ring;
    ring.push_back(rl::Instant{1s}, 20);
    CHECK(ring.heap_bytes() == 0);
    for (int i = 0; i < 980; ++i) {
      ring.push_back(rl::Instant{2s}, 1);
    }
    CHECK(ring.heap_bytes() >= 4'000);
    CHECK(ring.heap_bytes() <= 5'000);
    ring.pop_front(1'000);
    for (int i = 0; i < 10; ++i) {
      ring.push_back(rl::Instant{3s}, 1);
    }
    CHECK(ring.heap_bytes() <= 200);  // what a burst took is given back
    CHECK(ring.size() == 10);
  }

  TEST_CASE("a moved stamp ring leaves an empty one behind") {
    rl::StampRing from;
    from.push_back(rl::Instant{5us}, 30);
    rl::StampRing to = std::move(from);
    CHECK(to.size() == 30);
    CHECK(to.back() == rl::Instant{5us});
    from.push_back(rl::Instant{6us}, 1);  // NOLINT(bugprone-use-after-move): promised
    CHECK(from.size() == 1);
    to = std::move(from);
    CHECK(to.back() == rl::Instant{6us});
  }
}
