#include "rl/identity/directory_identity.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <functional>

#include "rl/base/manual_clock.h"
#include "rl/base/random.h"
#include "rl/identity/sqlite/sqlite_directory.h"

using namespace std::chrono_literals;

namespace {

const rl::Actor kAdmin{.name = "admin", .origin = ""};

/// A directory in memory that counts how often a digest is looked up.
class CountingDirectory final : public rl::UserDirectory {
 public:
  explicit CountingDirectory(const rl::Clock& clock)
      : real_(rl::SqliteDirectory::open(":memory:", clock).value()) {}

  rl::DirectoryResult<rl::User> create_user(const rl::NewUser& user, const rl::Actor& by) override {
    return real_->create_user(user, by);
  }
  rl::DirectoryResult<rl::User> find_user(std::uint64_t id) const override {
    if (broken) {
      return failure();
    }
    return real_->find_user(id);
  }
  rl::DirectoryResult<std::vector<rl::User>> list_users(const rl::Page& page) const override {
    return real_->list_users(page);
  }
  rl::DirectoryResult<rl::User> set_tier(std::uint64_t id, const std::string& tier,
                                         std::optional<std::uint64_t> version,
                                         const rl::Actor& by) override {
    auto changed = real_->set_tier(id, tier, version, by);
    marks_.user_changed(id);
    return changed;
  }
  rl::DirectoryResult<rl::User> delete_user(std::uint64_t id, const rl::Actor& by) override {
    auto deleted = real_->delete_user(id, by);
    marks_.user_changed(id);
    return deleted;
  }
  rl::DirectoryResult<rl::ApiKey> create_key(const rl::NewKey& key, const rl::Actor& by) override {
    auto made = real_->create_key(key, by);
    marks_.digest_changed(key.digest);
    return made;
  }
  rl::DirectoryResult<rl::ApiKey> find_key(std::uint64_t id) const override {
    return real_->find_key(id);
  }
  rl::DirectoryResult<std::vector<rl::ApiKey>> list_keys(std::optional<std::uint64_t> user,
                                                         const rl::Page& page) const override {
    return real_->list_keys(user, page);
  }
  rl::DirectoryResult<rl::ApiKey> revoke_key(std::uint64_t id, const rl::Actor& by) override {
    auto revoked = real_->revoke_key(id, by);
    marks_.user_changed(revoked->user_id);
    return revoked;
  }
  rl::DirectoryResult<rl::ApiKey> rotate_key(std::uint64_t id, const rl::Rotation& rotation,
                                             const rl::Actor& by) override {
    auto rotated = real_->rotate_key(id, rotation, by);
    marks_.user_changed(rotated->user_id);
    marks_.digest_changed(rotation.digest);
    return rotated;
  }
  rl::DirectoryResult<std::optional<rl::KeyMatch>> match(const rl::Digest& digest) const override {
    ++lookups;
    if (broken) {
      return failure();
    }
    auto found = real_->match(digest);
    if (on_match) {
      std::exchange(on_match, nullptr)();
    }
    return found;
  }
  rl::DirectoryResult<rl::LastIds> last_ids() const override { return real_->last_ids(); }
  rl::DirectoryResult<std::vector<rl::StoredSecret>> list_secrets(
      std::uint64_t first, std::uint64_t last) const override {
    return real_->list_secrets(first, last);
  }
  rl::DirectoryResult<rl::ImportCounts> import(const std::vector<rl::Entry>& entries,
                                               const rl::Actor& by) override {
    return real_->import(entries, by);
  }
  rl::DirectoryResult<void> record(const rl::AuditEntry& entry) override {
    return real_->record(entry);
  }
  rl::DirectoryResult<std::vector<rl::AuditEntry>> audit(
      const rl::AuditQuery& query) const override {
    return real_->audit(query);
  }

  std::unique_ptr<rl::UsageLog> usage_log() override { return real_->usage_log(); }

  mutable int lookups = 0;
  mutable std::function<void()> on_match;  ///< once, after the next lookup has read
  bool broken = false;

 private:
  static rl::Failure<rl::DirectoryError> failure() {
    return rl::fail_with(
        rl::DirectoryError{.kind = rl::DirectoryError::Kind::kFailed, .message = "broken"});
  }

  std::unique_ptr<rl::SqliteDirectory> real_;
};

struct World {
  /// The secret of a new key.
  std::string key(rl::NewKey wanted = {.user_id = 1}) {
    std::string secret = rl::make_api_key(random);
    wanted.digest = rl::sha256(secret);
    wanted.hint = rl::hint_of(secret);
    REQUIRE(directory.create_key(wanted, kAdmin).has_value());
    return secret;
  }

  std::string rotate(std::uint64_t id, rl::Micros grace) {
    std::string secret = rl::make_api_key(random);
    REQUIRE(directory
                .rotate_key(
                    id, {.grace = grace, .digest = rl::sha256(secret), .hint = rl::hint_of(secret)},
                    kAdmin)
                .has_value());
    return secret;
  }

  std::optional<rl::Caller> find(const std::string& key) const {
    return identity.find_key(key).value();
  }

  rl::ManualClock clock;
  rl::SeededRandom random{5};
  CountingDirectory directory{clock};
  rl::DirectoryIdentity identity{directory, clock};
  const rl::User user = directory.create_user({.name = "alice", .tier = "free"}, kAdmin).value();
};

}  // namespace

TEST_SUITE("identity") {
  TEST_CASE("a key leads to its user and tier and buckets") {
    World world;
    const auto caller = world.find(world.key({.user_id = 1, .name = "ci"}));
    REQUIRE(caller.has_value());
    CHECK(caller->user_id == 1);
    CHECK(caller->user_name == "alice");
    CHECK(caller->key_id == "k1");
    CHECK(caller->tier == "free");
    CHECK(caller->key_owner == "k:k1");
    CHECK(caller->user_owner == "u:1");
    CHECK(world.find(world.key({.user_id = 1, .tier = "pro"}))->tier == "pro");
    const auto user = world.identity.find_user(1).value();
    REQUIRE(user.has_value());
    CHECK(user->key_owner == "u:1");
    CHECK(user->key_id.empty());
    CHECK_FALSE(world.identity.find_user(2).value().has_value());
  }

  TEST_CASE("two keys of a user count apart by key and together by user") {
    World world;
    const auto first = world.find(world.key());
    const auto second = world.find(world.key());
    CHECK(first->key_owner != second->key_owner);
    CHECK(first->user_owner == second->user_owner);
  }

  TEST_CASE("a key is read once and a key that is not there too") {
    World world;
    const std::string key = world.key();
    const std::string unknown = rl::make_api_key(world.random);
    for (int i = 0; i < 10; ++i) {
      CHECK(world.find(key).has_value());
      CHECK_FALSE(world.find(unknown).has_value());
    }
    CHECK(world.directory.lookups == 2);
  }

  TEST_CASE("what is no key by its checksum never reaches the directory") {
    World world;
    std::string wrong = world.key();
    wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
    for (const std::string& text :
         {wrong, std::string("rlk_demo_free"), std::string(), std::string(100'000, 'x'),
          std::string("rlk_\0", 5), std::string("\xff\xfe")}) {
      CHECK_FALSE(world.find(text).has_value());
    }
    CHECK(world.directory.lookups == 0);
  }

  TEST_CASE("a change counts from the next lookup on") {
    World world;
    const std::string key = world.key();
    CHECK(world.find(key)->tier == "free");
    REQUIRE(world.directory.set_tier(1, "pro", std::nullopt, kAdmin).has_value());
    CHECK(world.find(key)->tier == "pro");
    REQUIRE(world.directory.revoke_key(1, kAdmin).has_value());
    CHECK_FALSE(world.find(key).has_value());
    const std::string second = world.key();
    CHECK(world.find(second).has_value());
    REQUIRE(world.directory.delete_user(1, kAdmin).has_value());
    CHECK_FALSE(world.find(second).has_value());
  }

  TEST_CASE("a key that was asked for before it was made is known at once") {
    World world;
    const std::string secret = rl::make_api_key(world.random);
    CHECK_FALSE(world.find(secret).has_value());
    REQUIRE(
        world.directory
            .create_key({.user_id = 1, .digest = rl::sha256(secret), .hint = rl::hint_of(secret)},
                        kAdmin)
            .has_value());
    CHECK(world.find(secret).has_value());
  }

  TEST_CASE("a revocation while a lookup is under way is not cached away") {
    World world;
    const std::string key = world.key();
    world.directory.on_match = [&] { REQUIRE(world.directory.revoke_key(1, kAdmin).has_value()); };
    CHECK(world.find(key).has_value());  // it began before
    CHECK_FALSE(world.find(key).has_value());
  }

  TEST_CASE("an expiry and the end of a grace hold to the microsecond also for cached keys") {
    World world;
    const std::string brief = world.key({.user_id = 1, .expires_at = world.clock.wall_now() + 1h});
    const std::string old = world.key();
    const std::string fresh = world.rotate(2, 1h);
    CHECK(world.find(brief).has_value());
    CHECK(world.find(old)->key_owner == world.find(fresh)->key_owner);
    CHECK(world.find(old)->key_id == world.find(fresh)->key_id);
    world.clock.advance(1h - 1us);
    CHECK(world.find(brief).has_value());
    CHECK(world.find(old).has_value());
    world.clock.advance(1us);
    CHECK_FALSE(world.find(brief).has_value());
    CHECK_FALSE(world.find(old).has_value());
    CHECK(world.find(fresh).has_value());
    CHECK(world.directory.lookups == 3);
  }

  TEST_CASE("a directory that fails is no verdict on a key") {
    World world;
    const std::string known = world.key();
    const std::string other = world.key();
    CHECK(world.find(known).has_value());
    world.directory.broken = true;
    CHECK(world.find(known).has_value());  // from the cache
    CHECK(world.identity.find_key(other).error().message == "broken");
    CHECK_FALSE(world.identity.find_user(1).has_value());
    world.directory.broken = false;
    CHECK(world.find(other).has_value());  // the failure was not remembered
  }

  TEST_CASE("the caches are bounded and unknown keys push no known one out") {
    World world;
    const rl::DirectoryIdentity small(world.directory, world.clock,
                                      {.known_keys = 4, .unknown_keys = 4});
    std::vector<std::string> keys;
    for (int i = 0; i < 4; ++i) {
      keys.push_back(world.key());
      CHECK(small.find_key(keys.back()).value().has_value());
    }
    for (int i = 0; i < 100; ++i) {
      CHECK_FALSE(small.find_key(rl::make_api_key(world.random)).value().has_value());
    }
    CHECK(world.directory.lookups == 104);
    for (const std::string& key : keys) {
      CHECK(small.find_key(key).value().has_value());
    }
    CHECK(world.directory.lookups == 104);
    const std::string fifth = world.key();
    CHECK(small.find_key(fifth).value().has_value());
    CHECK(small.find_key(fifth).value().has_value());
    CHECK(world.directory.lookups == 105);
    CHECK(small.find_key(keys.front()).value().has_value());  // the oldest had to leave
    CHECK(world.directory.lookups == 106);
  }
}
