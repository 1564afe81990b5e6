#include "rl/limit/stamp_ring.h"

#include <doctest/doctest.h>

#include <deque>

#include "rl/base/random.h"

TEST_SUITE("limit") {
  TEST_CASE("a stamp ring behaves like a queue whatever its size") {
    rl::SeededRandom random(7);
    rl::StampRing ring;
    std::deque<rl::Instant> queue;
    for (int step = 0; step < 20'000; ++step) {
      if (random.below(100) < 52) {
        const rl::Instant stamp{rl::Micros{step}};
        const auto count = static_cast<std::uint32_t>(random.below(4));
        ring.push_back(stamp, count);
        queue.insert(queue.end(), count, stamp);
      } else {
        for (auto count = random.below(5); count > 0 && !queue.empty(); --count) {
          ring.pop_front();
          queue.pop_front();
        }
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

  TEST_CASE("a stamp ring needs no allocation for two and little slack for many") {
    rl::StampRing ring;
    ring.push_back(rl::Instant{}, 2);
    CHECK(ring.heap_bytes() == 0);
    for (int i = 0; i < 998; ++i) {
      ring.push_back(rl::Instant{}, 1);
    }
    CHECK(ring.heap_bytes() >= 8'000);
    CHECK(ring.heap_bytes() <= 10'000);
  }

  TEST_CASE("a moved stamp ring leaves an empty one behind") {
    rl::StampRing from;
    from.push_back(rl::Instant{rl::Micros{5}}, 3);
    rl::StampRing to = std::move(from);
    CHECK(to.size() == 3);
    CHECK(to.back() == rl::Instant{rl::Micros{5}});
    from.push_back(rl::Instant{rl::Micros{6}}, 1);  // NOLINT(bugprone-use-after-move): promised
    CHECK(from.size() == 1);
  }
}
