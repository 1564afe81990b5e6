#include "tests/contract/directory_contract.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <thread>

#include "rl/base/random.h"

namespace rl::test::contract {
namespace {

using namespace std::chrono_literals;
using Kind = DirectoryError::Kind;

const Actor kAdmin{.name = "admin", .origin = "127.0.0.1"};

struct World {
  explicit World(const MakeDirectory& make) : directory(make(clock)) {}

  User user(const std::string& name, const std::string& tier = "free") {
    auto made = directory->create_user({.name = name, .tier = tier}, kAdmin);
    REQUIRE(made.has_value());
    return *made;
  }

  /// A key, and the digest of its secret.
  std::pair<ApiKey, Digest> key(NewKey wanted) {
    const std::string secret = make_api_key(random);
    wanted.digest = sha256(secret);
    wanted.hint = hint_of(secret);
    auto made = directory->create_key(wanted, kAdmin);
    REQUIRE(made.has_value());
    return {*made, wanted.digest};
  }

  std::pair<DirectoryResult<ApiKey>, Digest> rotate(std::uint64_t id, Micros grace) {
    const std::string secret = make_api_key(random);
    const Digest digest = sha256(secret);
    return {directory->rotate_key(id, {.grace = grace, .digest = digest, .hint = hint_of(secret)},
                                  kAdmin),
            digest};
  }

  std::optional<KeyMatch> match(const Digest& digest) const {
    auto found = directory->match(digest);
    REQUIRE(found.has_value());
    return *found;
  }

  bool works(const Digest& digest) const {
    const auto found = match(digest);
    return found && (!found->valid_until || clock.wall_now() < *found->valid_until);
  }

  ManualClock clock;
  SeededRandom random{7};
  std::unique_ptr<UserDirectory> directory;
};

template <class T>
void check_error(const DirectoryResult<T>& result, Kind kind, const std::string& message) {
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == kind);
  CHECK(result.error().message == message);
}

}  // namespace

void users(const MakeDirectory& make) {
  World world(make);
  UserDirectory& directory = *world.directory;
  CHECK(directory.list_users({}).value().empty());
  const User alice = world.user("alice");
  CHECK(alice == User{.id = 1,
                      .name = "alice",
                      .tier = "free",
                      .version = 1,
                      .created = world.clock.wall_now()});
  CHECK(world.user("bob", "pro").id == 2);
  check_error(directory.create_user({.name = "alice", .tier = "pro"}, kAdmin), Kind::kConflict,
              "user 1 has this name already");
  CHECK(world.user("Alice").id == 3);  // another name, and no gap after a refusal
  CHECK(directory.find_user(1).value() == alice);
  check_error(directory.find_user(4), Kind::kNotFound, "there is no user 4");

  world.clock.advance(1h);
  User changed = directory.set_tier(1, "pro", std::nullopt, kAdmin).value();
  CHECK(changed.tier == "pro");
  CHECK(changed.version == 2);
  CHECK(changed.created == alice.created);
  CHECK(directory.find_user(1).value() == changed);
  check_error(directory.set_tier(1, "free", 1, kAdmin), Kind::kConflict,
              "user 1 was changed meanwhile: it has version 2, not 1");
  CHECK(directory.set_tier(1, "free", 2, kAdmin).value().version == 3);
  check_error(directory.set_tier(9, "free", std::nullopt, kAdmin), Kind::kNotFound,
              "there is no user 9");

  const auto second_page = directory.list_users({.after = 1, .limit = 1}).value();
  REQUIRE(second_page.size() == 1);
  CHECK(second_page.front().name == "bob");

  const auto [key, digest] = world.key({.user_id = 3});
  CHECK(directory.delete_user(3, kAdmin).value().name == "Alice");
  CHECK_FALSE(world.works(digest));
  check_error(directory.find_key(key.id), Kind::kNotFound, "there is no key k1");
  check_error(directory.delete_user(3, kAdmin), Kind::kNotFound, "there is no user 3");
  CHECK(world.user("Alice").id == 4);  // an id is not given again
}

void keys(const MakeDirectory& make) {
  World world(make);
  UserDirectory& directory = *world.directory;
  const User alice = world.user("alice");
  world.user("bob");
  const auto [first, first_digest] = world.key({.user_id = 1, .name = "ci"});
  const auto [second, second_digest] = world.key({.user_id = 1, .name = "web", .tier = "pro"});
  CHECK(first.id == 1);
  CHECK(second.id == 2);
  CHECK(directory.find_key(1).value() == first);
  CHECK(first.secrets.size() == 1);
  CHECK(first.secrets.front().prefix.starts_with("rlk_"));

  const auto match = world.match(first_digest);
  REQUIRE(match.has_value());
  CHECK(match->digest == first_digest);
  CHECK(match->key_id == 1);
  CHECK(match->user_id == 1);
  CHECK(match->user_name == "alice");
  CHECK(match->tier == "free");
  CHECK_FALSE(match->valid_until.has_value());
  CHECK(world.match(second_digest)->tier == "pro");
  CHECK_FALSE(world.match(sha256("another")).has_value());

  REQUIRE(directory.set_tier(1, "gold", std::nullopt, kAdmin).has_value());
  CHECK(world.match(first_digest)->tier == "gold");
  CHECK(world.match(second_digest)->tier == "pro");  // its own stays

  check_error(directory.create_key({.user_id = 1, .name = "ci"}, kAdmin), Kind::kConflict,
              "key k1 of user 1 has this name already");
  check_error(directory.create_key({.user_id = 9}, kAdmin), Kind::kNotFound, "there is no user 9");
  CHECK(world.key({.user_id = 2, .name = "ci"}).first.id == 3);
  world.key({.user_id = 1});
  world.key({.user_id = 1});  // without a name there may be several

  const WallTime until = world.clock.wall_now() + 1h;
  const auto [brief, brief_digest] = world.key({.user_id = 2, .expires_at = until});
  CHECK(brief.expires_at == until);
  CHECK(world.match(brief_digest)->valid_until == until);

  CHECK(directory.list_keys(1, {}).value().size() == 4);
  CHECK(directory.list_keys(std::nullopt, {}).value().size() == 6);
  CHECK(directory.list_keys(std::nullopt, {.after = 2, .limit = 2}).value().front().id == 3);
  check_error(directory.list_keys(9, {}), Kind::kNotFound, "there is no user 9");

  while (directory.list_keys(1, {.after = 0, .limit = kMaxPage}).value().size() < kMaxKeysOfUser) {
    world.key({.user_id = 1});
  }
  check_error(directory.create_key({.user_id = 1}, kAdmin), Kind::kConflict,
              "user 1 has 100 keys already");
}

void rotation(const MakeDirectory& make) {
  World world(make);
  world.user("alice");
  const auto [key, old_digest] = world.key({.user_id = 1, .name = "ci", .tier = "pro"});
  world.clock.advance(1h);
  const auto [rotated, new_digest] = world.rotate(key.id, 24h);
  REQUIRE(rotated.has_value());
  CHECK(rotated->id == key.id);
  REQUIRE(rotated->secrets.size() == 2);
  CHECK_FALSE(rotated->secrets[0].expires_at.has_value());
  CHECK(rotated->secrets[1].expires_at == world.clock.wall_now() + 24h);
  CHECK(world.match(old_digest)->key_id == key.id);
  CHECK(world.match(new_digest)->key_id == key.id);
  CHECK(world.match(new_digest)->tier == "pro");
  world.clock.advance(24h - 1us);
  CHECK(world.works(old_digest));
  world.clock.advance(1us);
  CHECK_FALSE(world.works(old_digest));
  CHECK(world.works(new_digest));
  CHECK(world.directory->find_key(key.id).value().secrets.size() == 1);

  // A later rotation never makes a grace longer.
  const auto [again, third] = world.rotate(key.id, 1h);
  const auto [once_more, fourth] = world.rotate(key.id, 24h);
  world.clock.advance(1h);
  CHECK_FALSE(world.works(new_digest));
  CHECK(world.works(third));
  CHECK(world.works(fourth));

  CHECK(world.rotate(key.id, 24h).first.has_value());
  CHECK(world.rotate(key.id, 24h).first.has_value());
  CHECK(world.rotate(key.id, 24h).first.has_value());
  check_error(world.rotate(key.id, 24h).first, Kind::kConflict, "5 secrets of key k1 still work");
  const auto [alone, last] = world.rotate(key.id, 0s);
  REQUIRE(alone.has_value());
  CHECK(alone->secrets.size() == 1);
  CHECK_FALSE(world.works(fourth));
  CHECK(world.works(last));

  check_error(world.rotate(9, 0s).first, Kind::kNotFound, "there is no key k9");
  const auto [brief, brief_digest] =
      world.key({.user_id = 1, .expires_at = world.clock.wall_now() + 1h});
  CHECK(world.rotate(brief.id, 24h).first.has_value());
  CHECK(world.match(brief_digest)->valid_until == world.clock.wall_now() + 1h);
  world.clock.advance(1h);
  check_error(world.rotate(brief.id, 24h).first, Kind::kConflict, "key k2 has expired");
}

void revocation(const MakeDirectory& make) {
  World world(make);
  world.user("alice");
  const auto [key, digest] = world.key({.user_id = 1, .name = "ci"});
  const auto [rotated, second] = world.rotate(key.id, 24h);
  world.clock.advance(1h);
  const WallTime at = world.clock.wall_now();
  const ApiKey revoked = world.directory->revoke_key(key.id, kAdmin).value();
  CHECK(revoked.revoked_at == at);
  CHECK_FALSE(world.match(digest).has_value());
  CHECK_FALSE(world.match(second).has_value());
  world.clock.advance(1h);
  CHECK(world.directory->revoke_key(key.id, kAdmin).value().revoked_at == at);
  check_error(world.rotate(key.id, 0s).first, Kind::kConflict, "key k1 is revoked");
  check_error(world.directory->revoke_key(9, kAdmin), Kind::kNotFound, "there is no key k9");
  CHECK(world.key({.user_id = 1, .name = "ci"}).first.id == 2);  // the name is free again
}

void audit_log(const MakeDirectory& make) {
  World world(make);
  UserDirectory& directory = *world.directory;
  world.user("alice");
  const auto [key, digest] = world.key({.user_id = 1, .name = "ci"});
  world.clock.advance(1h);
  const WallTime later = world.clock.wall_now();
  REQUIRE(directory.set_tier(1, "pro", std::nullopt, {.name = "eve", .origin = "::1"}).has_value());
  REQUIRE(directory.revoke_key(1, kAdmin).has_value());
  REQUIRE(directory.delete_user(1, kAdmin).has_value());
  REQUIRE(directory.record({.at = later, .actor = "admin", .action = "health.set"}).has_value());
  // Refused: nothing changes, nothing is told.
  CHECK_FALSE(directory.delete_user(1, kAdmin).has_value());

  const auto entries = directory.audit({}).value();
  REQUIRE(entries.size() == 6);
  CHECK(entries[0].id == 6);
  CHECK(entries[0].action == "health.set");
  CHECK(entries[3] == AuditEntry{.id = 3,
                                 .at = later,
                                 .actor = "eve",
                                 .origin = "::1",
                                 .action = "user.set-tier",
                                 .subject = "user 1",
                                 .before = "name alice, tier free",
                                 .after = "name alice, tier pro"});
  CHECK(entries[1].action == "user.delete");
  CHECK(entries[1].after.empty());
  CHECK(entries[2].action == "key.revoke");
  CHECK(entries[2].subject == "key k1");
  CHECK(entries[2].after == "revoked");
  CHECK(entries[4].action == "key.create");
  CHECK(entries[4].before.empty());
  CHECK(entries[4].after.find("name ci") != std::string::npos);
  CHECK(directory.audit({.since = later}).value().size() == 4);
  CHECK(directory.audit({.since = later + 1us}).value().empty());
  CHECK(directory.audit({.before = 3, .limit = 1}).value().front().id == 2);
}

void hostile_text(const MakeDirectory& make) {
  World world(make);
  const std::string names[] = {
      "'; DROP TABLE users; --",
      "\" OR 1=1 --",
      "%_*?[a-z]",
      "{user}:1",
      "a\\b\\\\c",
      "\r\nFLUSHALL\r\n",
      "\xC3\xA4\xF0\x9F\x94\x91",
      "NULL",
      std::string(128, 'x'),
      "$1 ?1 :a @b",
  };
  for (const std::string& name : names) {
    CAPTURE(name);
    const User user = world.user(name, "free");
    CHECK(world.directory->find_user(user.id).value().name == name);
    const auto [key, digest] = world.key({.user_id = user.id, .name = name.substr(0, 64)});
    CHECK(world.match(digest)->user_name == name);
    CHECK(world.directory->find_key(key.id).value().name == name.substr(0, 64));
    check_error(world.directory->create_user({.name = name, .tier = "free"}, kAdmin),
                Kind::kConflict, fmt::format("user {} has this name already", user.id));
  }
  CHECK(world.directory->list_users({}).value().size() == std::size(names));
}

void marks(const MakeDirectory& make) {
  World world(make);
  UserDirectory& directory = *world.directory;
  const ChangeMarks& marks = directory.marks();
  world.user("alice");
  const auto untouched = marks.of_user(1);
  CHECK_FALSE(directory.set_tier(1, "free", 77, kAdmin).has_value());
  CHECK(marks.of_user(1) == untouched);
  const std::string secret = make_api_key(world.random);
  const NewKey wanted{.user_id = 1, .digest = sha256(secret), .hint = hint_of(secret)};
  const auto unknown = marks.of_digest(wanted.digest);
  REQUIRE(directory.create_key(wanted, kAdmin).has_value());
  CHECK(marks.of_digest(wanted.digest) != unknown);
  auto seen = marks.of_user(1);
  const auto moved = [&] {
    const auto now = marks.of_user(1);
    return std::exchange(seen, now) != now;
  };
  REQUIRE(directory.set_tier(1, "pro", std::nullopt, kAdmin).has_value());
  CHECK(moved());
  const auto [rotated, digest] = world.rotate(1, 1h);
  REQUIRE(rotated.has_value());
  CHECK(moved());
  REQUIRE(directory.revoke_key(1, kAdmin).has_value());
  CHECK(moved());
  REQUIRE(directory.delete_user(1, kAdmin).has_value());
  CHECK(moved());
}

void many_writers(const MakeDirectory& make, int threads) {
  constexpr std::size_t kEach = 25;
  World world(make);
  std::vector<std::vector<std::uint64_t>> ids(static_cast<std::size_t>(threads));
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < ids.size(); ++writer) {
    writers.emplace_back([&world, &mine = ids[writer], writer] {
      for (std::size_t i = 0; i < kEach; ++i) {
        const auto made = world.directory->create_user(
            {.name = fmt::format("u{}-{}", writer, i), .tier = "free"}, kAdmin);
        mine.push_back(made ? made->id : 0);
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : ids) {
    all.insert(mine.begin(), mine.end());
    CHECK(std::is_sorted(mine.begin(), mine.end()));
  }
  const std::size_t expected = ids.size() * kEach;
  CHECK(all.size() == expected);
  CHECK(*all.begin() == 1);
  CHECK(*all.rbegin() == expected);
  CHECK(world.directory->audit({.before = INT64_MAX, .limit = kMaxPage}).value().size() ==
        expected);
}

}  // namespace rl::test::contract
