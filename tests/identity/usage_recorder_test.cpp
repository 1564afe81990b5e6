#include "rl/identity/usage_recorder.h"

#include <doctest/doctest.h>

#include "rl/base/manual_clock.h"
#include "rl/identity/sqlite/sqlite_directory.h"
#include "rl/identity/sqlite/sqlite_usage.h"

using namespace std::chrono_literals;
using rl::UsageOf;

namespace {

const rl::Log kLog(rl::LogLevel::kError);

/// A log that can be told to fail.
class BrokenLog final : public rl::UsageLog {
 public:
  rl::Result<void, rl::UsageFailure> add(const std::vector<rl::UsageCount>& counts,
                                         rl::WallTime) override {
    if (failure) {
      return rl::fail_with(*failure);
    }
    for (const rl::UsageCount& count : counts) {
      written += count.totals;
    }
    return {};
  }
  rl::Result<std::vector<rl::UsageMinute>> minutes(const UsageOf&,
                                                   const rl::MinuteRange&) const override {
    return std::vector<rl::UsageMinute>();
  }
  rl::Result<std::optional<rl::WallTime>> last_use(std::uint64_t) const override {
    return std::optional<rl::WallTime>();
  }

  std::optional<rl::UsageFailure> failure;
  rl::UsageTotals written;
};

struct UsageWorld {
  void request(std::uint64_t key, bool allowed = true) {
    meter.count({.user = 1, .key = key}, clock.wall_now(), allowed);
  }
  void seconds(int count) {
    for (int i = 0; i < count; ++i) {
      recorder.tick();
      clock.advance(1s);
    }
  }

  rl::ManualClock clock;
  rl::UsageMeter meter;
  BrokenLog log;
  rl::UsageRecorder recorder{meter, log, clock, kLog};
};

}  // namespace

TEST_SUITE("identity") {
  TEST_CASE("counts are written every five seconds and at once when asked") {
    UsageWorld world;
    world.recorder.tick();  // the first of all writes
    world.clock.advance(1s);
    world.request(1);
    world.request(1, false);
    world.seconds(4);
    CHECK(world.log.written == rl::UsageTotals{});
    world.seconds(1);
    CHECK(world.log.written == rl::UsageTotals{1, 1});
    world.request(2);
    world.recorder.write();
    CHECK(world.log.written == rl::UsageTotals{2, 1});
  }

  TEST_CASE("what could not be written is written later and what may have been is not") {
    UsageWorld world;
    world.log.failure = {.repeat = true, .error = {"away"}};
    world.request(1);
    world.recorder.write();
    world.request(1);
    world.recorder.write();
    world.log.failure.reset();
    world.recorder.write();
    CHECK(world.log.written == rl::UsageTotals{2, 0});
    CHECK(world.recorder.lost() == 0);
    world.log.failure = {.repeat = false, .error = {"no answer"}};
    world.request(1);
    world.recorder.write();
    world.log.failure.reset();
    world.recorder.write();
    CHECK(world.log.written == rl::UsageTotals{2, 0});
    CHECK(world.recorder.lost() == 1);
  }

  TEST_CASE("the loudest of the last ten seconds are told in order") {
    UsageWorld world;
    world.request(3);
    for (int i = 0; i < 5; ++i) {
      world.request(1, i % 2 == 0);
      world.request(2);
      world.request(2);
    }
    world.seconds(1);
    const auto two = world.recorder.loudest(2);
    REQUIRE(two.size() == 2);
    CHECK(two[0].owner == rl::UsageOwner{.user = 1, .key = 2});
    CHECK(two[0].totals == rl::UsageTotals{10, 0});
    CHECK(two[1].totals == rl::UsageTotals{3, 2});
    CHECK(world.recorder.loudest(10).size() == 3);
    world.seconds(9);
    CHECK(world.recorder.loudest(10).empty());
  }

  TEST_CASE("usage is kept for seven days and never beyond its rows") {
    const rl::ManualClock clock;
    auto database = rl::Database::open(":memory:").value();
    database->run(
        "CREATE TABLE keys (id INTEGER PRIMARY KEY, last_used INTEGER);"
        "CREATE TABLE usage (owner TEXT, minute INTEGER, allowed INTEGER, denied INTEGER,"
        " PRIMARY KEY (owner, minute));"
        "CREATE TABLE usage_size (rows INTEGER); INSERT INTO usage_size VALUES (0);"
        "CREATE TRIGGER a AFTER INSERT ON usage BEGIN UPDATE usage_size SET rows = rows + 1; END;"
        "CREATE TRIGGER b AFTER DELETE ON usage BEGIN UPDATE usage_size SET rows = rows - 1; END;");
    rl::SqliteUsage log(*database, *database, 10);
    const auto minute =
        std::chrono::floor<std::chrono::minutes>(clock.wall_now().time_since_epoch()).count();
    const rl::MinuteRange all{.first = 0, .last = minute + 100'000};
    const UsageOf user{.kind = UsageOf::Kind::kUser, .id = 1};
    for (int i = 0; i < 20; ++i) {
      REQUIRE(log.add({{.owner = {.user = 1}, .minute = minute + i, .totals = {1, 0}}},
                      clock.wall_now()));
    }
    const auto kept = log.minutes(user, all).value();
    REQUIRE(kept.size() == 10);
    CHECK(kept.front().minute == minute + 10);
    REQUIRE(log.add({}, clock.wall_now() + 7 * 24h + 15min));
    CHECK(log.minutes(user, all).value().size() == 5);
  }
}
