// What moves between directories of users and keys.
#include <doctest/doctest.h>

#include "rl/base/random.h"
#include "tests/contract/directory_contract.h"

namespace rl::test::contract {
namespace {

using namespace std::chrono_literals;
using Kind = DirectoryError::Kind;

const Actor kMover{.name = "admin", .origin = "127.0.0.1"};

struct Secret {
  explicit Secret(Random& random) {
    const std::string text = make_api_key(random);
    digest = sha256(text);
    hint = hint_of(text);
  }
  Digest digest{};
  ApiKeyHint hint;
};

std::vector<Entry> all_of(const UserDirectory& directory) {
  std::vector<Entry> entries = {directory.last_ids().value()};
  const auto users = directory.list_users({.limit = kMaxPage}).value();
  entries.insert(entries.end(), users.begin(), users.end());
  auto keys = directory.list_keys(std::nullopt, {.limit = kMaxPage}).value();
  for (ApiKey& key : keys) {
    key.secrets.clear();
    entries.emplace_back(key);
  }
  const auto secrets = directory.list_secrets(1, kMaxPage).value();
  entries.insert(entries.end(), secrets.begin(), secrets.end());
  return entries;
}

Kind kind_of(const DirectoryResult<ImportCounts>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().kind;
}

}  // namespace

void moving(const MakeDirectory& make) {
  ManualClock clock;
  SeededRandom random(7);
  const auto from = make(clock);
  REQUIRE(from->create_user({.name = "alice", .tier = "pro"}, kMover));
  REQUIRE(from->create_user({.name = "bob", .tier = "free"}, kMover));
  REQUIRE(from->create_user({.name = "carol", .tier = "free"}, kMover));
  const Secret first(random);
  const Secret second(random);
  const Secret third(random);
  REQUIRE(from->create_key({.user_id = 1,
                            .name = "ci",
                            .tier = "free",
                            .expires_at = clock.wall_now() + 48h + 1us,
                            .digest = first.digest,
                            .hint = first.hint},
                           kMover));
  clock.advance(1h + 3us);
  REQUIRE(from->rotate_key(1, {.grace = 1h, .digest = second.digest, .hint = second.hint}, kMover));
  REQUIRE(from->create_key({.user_id = 1, .digest = third.digest, .hint = third.hint}, kMover));
  REQUIRE(from->revoke_key(2, kMover));
  REQUIRE(from->set_tier(2, "pro", std::nullopt, kMover));
  REQUIRE(from->delete_user(3, kMover));

  const std::vector<Entry> entries = all_of(*from);
  CHECK(std::get<LastIds>(entries.front()) == LastIds{.user = 3, .key = 2});
  CHECK(entries.size() == 1 + 2 + 2 + 2);
  const auto to = make(clock);
  CHECK(to->import(entries, kMover).value() == ImportCounts{.made = 6, .unchanged = 0});
  CHECK(all_of(*to) == entries);
  CHECK(to->find_key(1).value() == from->find_key(1).value());
  for (const Secret* const secret : {&first, &second}) {
    const auto match = to->match(secret->digest).value();
    REQUIRE(match.has_value());
    CHECK(match->key_id == 1);
    CHECK(match->user_name == "alice");
    CHECK(match->tier == "free");
    CHECK(match->valid_until == from->match(secret->digest).value()->valid_until);
  }
  CHECK_FALSE(to->match(third.digest).value().has_value());
  CHECK(to->create_user({.name = "dave", .tier = "free"}, kMover).value().id == 4);

  // Again: nothing is made, and no line is written.
  const auto lines = to->audit({}).value();
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].action == "users.import");
  CHECK(lines[1].after == "6 entries");
  CHECK(to->import(entries, kMover).value() == ImportCounts{.made = 0, .unchanged = 6});
  CHECK(to->audit({}).value().size() == 2);
}

void refused_imports(const MakeDirectory& make) {
  ManualClock clock;
  SeededRandom random(7);
  const auto directory = make(clock);
  const Secret secret(random);
  const Secret other(random);
  const User alice = directory->create_user({.name = "alice", .tier = "pro"}, kMover).value();
  const ApiKey made =
      directory
          ->create_key({.user_id = 1, .name = "ci", .digest = secret.digest, .hint = secret.hint},
                       kMover)
          .value();
  ApiKey key = made;
  key.secrets.clear();
  const StoredSecret stored{.key_id = 1, .digest = secret.digest, .record = made.secrets.front()};
  const User bob{.id = 2, .name = "bob", .tier = "free", .created = clock.wall_now()};

  User renamed = alice;
  renamed.name = "eve";
  User namesake = bob;
  namesake.name = "alice";
  ApiKey of_nobody = key;
  of_nobody.id = 2;
  of_nobody.user_id = 9;
  ApiKey same_name = key;
  same_name.id = 2;
  ApiKey revoked = key;
  revoked.revoked_at = clock.wall_now();
  StoredSecret of_bob = stored;
  of_bob.key_id = 2;
  StoredSecret of_no_key = stored;
  of_no_key.key_id = 9;
  of_no_key.digest = other.digest;
  ApiKey second = same_name;
  second.name = "web";
  const std::pair<std::vector<Entry>, const char*> rows[] = {
      {{bob, renamed}, "user 1 is there and differs"},
      {{bob, User{.id = 3, .name = "bob", .tier = "free"}}, "user 2 has this name already"},
      {{LastIds{.user = 50, .key = 50}, namesake}, "user 1 has this name already"},
      {{bob, of_nobody}, "there is no user 9"},
      {{bob, same_name}, "key k1 of user 1 has this name already"},
      {{bob, revoked}, "key k1 is there and differs"},
      {{second, of_bob}, "this secret is that of key k1 already"},
      {{bob, of_no_key}, "there is no key k9"},
  };
  for (const auto& [entries, told] : rows) {
    CAPTURE(told);
    const auto result = directory->import(entries, kMover);
    CHECK(kind_of(result) == Kind::kConflict);
    CHECK(result.error().message == told);
    CHECK(result.error().entry == 1);
  }
  CHECK(directory->list_users({}).value() == std::vector<User>{alice});
  CHECK(directory->last_ids().value() == LastIds{.user = 1, .key = 1});
  CHECK(directory->audit({}).value().size() == 2);
  CHECK(directory->import({alice, key, stored}, kMover).value() ==
        ImportCounts{.made = 0, .unchanged = 3});

  // A secret that was taken back does not come back.
  REQUIRE(directory->revoke_key(1, kMover));
  CHECK(kind_of(directory->import({alice, key, stored}, kMover)) == Kind::kConflict);
  CHECK(kind_of(directory->import({alice, stored}, kMover)) == Kind::kConflict);
  CHECK_FALSE(directory->match(secret.digest).value().has_value());
}

}  // namespace rl::test::contract
