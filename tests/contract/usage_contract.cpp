// Who used how much, in every storage.
#include <doctest/doctest.h>

#include "rl/base/random.h"
#include "tests/contract/directory_contract.h"

namespace rl::test::contract {
namespace {

using namespace std::chrono_literals;

const Actor kUsageAdmin{.name = "admin", .origin = "127.0.0.1"};

std::int64_t minute_of(WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

}  // namespace

void usage(const MakeDirectory& make) {
  ManualClock clock;
  SeededRandom random(7);
  const auto directory = make(clock);
  REQUIRE(directory->create_user({.name = "alice", .tier = "pro"}, kUsageAdmin));
  const std::string secret = make_api_key(random);
  REQUIRE(directory->create_key({.user_id = 1, .digest = sha256(secret), .hint = hint_of(secret)},
                                kUsageAdmin));
  const auto log = directory->usage_log();
  const UsageOf key{.kind = UsageOf::Kind::kKey, .id = 1};
  const UsageOf user{.kind = UsageOf::Kind::kUser, .id = 1};
  const std::int64_t first = minute_of(clock.wall_now());
  const MinuteRange all{.first = first - 60, .last = first + 10 * 24 * 60};
  CHECK(log->minutes(key, all).value().empty());
  CHECK_FALSE(log->last_use(1).value().has_value());

  const WallTime used = clock.wall_now() + 17s;
  const UsageCount with_key{
      .owner = {.user = 1, .key = 1}, .minute = first, .totals = {3, 1}, .last = used};
  const UsageCount without{
      .owner = {.user = 1, .key = 0}, .minute = first, .totals = {2, 0}, .last = used};
  REQUIRE(log->add({with_key, without}, clock.wall_now()));
  REQUIRE(log->add({with_key}, clock.wall_now()));  // it adds up
  CHECK(log->minutes(key, all).value() == std::vector<UsageMinute>{{first, {6, 2}}});
  CHECK(log->minutes(user, all).value() == std::vector<UsageMinute>{{first, {8, 2}}});
  CHECK(log->last_use(1).value() == used);
  CHECK(log->minutes({.kind = UsageOf::Kind::kKey, .id = 2}, all).value().empty());

  // Minutes in their order, over the end of an hour and a day.
  std::vector<UsageCount> later;
  for (const std::int64_t offset : {1500, 61, 59, 3}) {
    later.push_back({.owner = {.user = 1, .key = 1},
                     .minute = first + offset,
                     .totals = {static_cast<std::uint64_t>(offset), 0},
                     .last = used - 1s});
  }
  REQUIRE(log->add(later, clock.wall_now()));
  CHECK(log->last_use(1).value() == used);  // the latest stays
  const auto minutes = log->minutes(key, all).value();
  REQUIRE(minutes.size() == 5);
  CHECK(minutes[1] == UsageMinute{first + 3, {3, 0}});
  CHECK(minutes[4] == UsageMinute{first + 1500, {1500, 0}});
  CHECK(log->minutes(key, {.first = first + 3, .last = first + 61}).value().size() == 3);
  CHECK(log->minutes(key, {.first = first + 4, .last = first + 58}).value().empty());

  // What was used belongs to the id: a key that is not there has none that can be asked for.
  REQUIRE(log->add({{.owner = {.user = 9, .key = 9}, .minute = first, .totals = {1, 0}}},
                   clock.wall_now()));
  CHECK_FALSE(log->last_use(9).value().has_value());
  REQUIRE(log->add({}, clock.wall_now()));
}

}  // namespace rl::test::contract
