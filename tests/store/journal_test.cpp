#include "rl/store/fallback/journal.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "rl/store/fallback/last_known.h"

using namespace std::chrono_literals;
using rl::Charge;
using rl::Instant;
using rl::Journal;

namespace {

Charge charge_of(std::string_view owner, std::uint32_t cost = 1) {
  return {.bucket = {.owner = owner, .rule = "t/1m"},
          .limit = {.window = 60s, .units = 20, .base = 20, .degraded = 20},
          .cost = cost};
}

std::size_t write(Journal& journal, const Charge& charge, rl::Micros at,
                  const Journal::Room& room = {}) {
  return journal.write(std::span(&charge, 1), std::span(&room, 1), Instant{at});
}

}  // namespace

TEST_SUITE("store") {
  TEST_CASE("units that come close after each other are one entry at the time of the last") {
    Journal journal;
    CHECK(journal.empty());
    for (int i = 0; i < 5; ++i) {
      CHECK(write(journal, charge_of("k:1"), 100s + i * 300ms) == Journal::kNone);
    }
    CHECK(write(journal, charge_of("k:1", 3), 110s) == Journal::kNone);
    const auto entries = journal.take(10, Instant{120s});
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].cost == 3);
    CHECK(entries[0].at == Instant{110s});
    CHECK(entries[1].cost == 5);
    CHECK(entries[1].at == Instant{100s} + 1200ms);
    CHECK(entries[1].owner == "k:1");
    CHECK(journal.empty());
  }

  TEST_CASE("what has left its window is not handed over, and of the rest at most a limit") {
    Journal journal;
    write(journal, charge_of("k:1", 4), 100s);
    write(journal, charge_of("k:1", 30), 150s);
    const auto entries = journal.take(10, Instant{161s});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].cost == 20);
    write(journal, charge_of("k:1"), 100s);
    CHECK(journal.take(10, Instant{160s}).empty());
  }

  TEST_CASE("a bucket gets what was left since it was last known and no more") {
    Journal journal;
    const Journal::Room room{.bounded = true, .units = 3, .since = Instant{100s}};
    write(journal, charge_of("k:1", 5), 90s);  // before: it is in what was left
    CHECK(write(journal, charge_of("k:1", 2), 101s, room) == Journal::kNone);
    CHECK(journal.left(charge_of("k:1").bucket, room) == 1);
    CHECK(write(journal, charge_of("k:1", 2), 102s, room) == 0);
    CHECK(write(journal, charge_of("k:1", 1), 102s, room) == Journal::kNone);
    CHECK(write(journal, charge_of("k:1", 1), 102s, room) == 0);
    journal.take_back(charge_of("k:1"));
    CHECK(journal.left(charge_of("k:1").bucket, room) == 1);
  }

  TEST_CASE("a request without room in one bucket is written down in none") {
    Journal journal;
    const std::array charges = {charge_of("k:1"), charge_of("k:2")};
    const std::array rooms = {Journal::Room{}, Journal::Room{.bounded = true, .units = 0}};
    CHECK(journal.write(charges, rooms, Instant{100s}) == 1);
    CHECK(journal.empty());
  }

  TEST_CASE("what could not be counted is put back in its order") {
    Journal journal;
    write(journal, charge_of("k:1", 1), 100s);
    write(journal, charge_of("k:1", 2), 110s);
    auto entries = journal.take(10, Instant{120s});
    write(journal, charge_of("k:1", 4), 119s);
    journal.put_back(entries);
    const auto again = journal.take(10, Instant{120s});
    REQUIRE(again.size() == 3);
    CHECK(again[0].cost == 4);
    CHECK(again[1].cost == 2);
    CHECK(again[2].cost == 1);
  }

  TEST_CASE("the number of buckets is bounded, and what is lost is told once") {
    Journal journal;
    for (int i = 0; i < 100'001; ++i) {
      write(journal, charge_of("k:" + std::to_string(i)), 100s);
    }
    CHECK(journal.has_lost());
    CHECK_FALSE(journal.has_lost());
  }

  TEST_CASE("what was last known of a bucket is remembered until another takes its place") {
    rl::LastKnown known;
    const Charge charge = charge_of("k:1");
    CHECK_FALSE(known.of(charge.bucket).has_value());
    rl::Decision decision{.remaining = 7};
    known.learn(std::span(&charge, 1), std::span(&decision, 1), Instant{100s});
    decision.remaining = 6;
    known.learn(std::span(&charge, 1), std::span(&decision, 1), Instant{101s});
    REQUIRE(known.of(charge.bucket).has_value());
    CHECK(known.of(charge.bucket)->remaining == 6);
    CHECK(known.of(charge.bucket)->at == Instant{101s});
    CHECK_FALSE(known.of({.owner = "t/1m", .rule = "k:1"}).has_value());
  }
}
