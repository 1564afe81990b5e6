#include "rl/identity/sqlite/sqlite_directory.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "rl/base/file.h"
#include "tests/contract/directory_contract.h"
#include "tests/support/temporary_directory.h"

namespace {

using rl::test::MakeDirectory;

const rl::Actor kAdmin{.name = "admin", .origin = "127.0.0.1"};

std::unique_ptr<rl::UserDirectory> open(const std::string& path, const rl::Clock& clock) {
  auto opened = rl::SqliteDirectory::open(path, clock);
  REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
  return std::move(*opened);
}

/// Runs a part of the contract on a file and on memory.
void on_both(void (*part)(const MakeDirectory&)) {
  const rl::test::TemporaryDirectory directory;
  part([&](const rl::Clock& clock) { return open(directory.path() + "/rl.db", clock); });
  part([](const rl::Clock& clock) { return open(":memory:", clock); });
}

}  // namespace

TEST_SUITE("contract") {
  TEST_CASE("A1 sqlite: users have ascending ids and names that are theirs alone") {
    on_both(rl::test::contract::users);
  }
  TEST_CASE("D3 sqlite: a user has several keys each with its own name and tier and expiry") {
    on_both(rl::test::contract::keys);
  }
  TEST_CASE("sqlite: a rotated key has two secrets until the grace ends") {
    on_both(rl::test::contract::rotation);
  }
  TEST_CASE("sqlite: a revoked key leads to nobody and stays revoked") {
    on_both(rl::test::contract::revocation);
  }
  TEST_CASE("sqlite: every change and no refusal is in the audit log") {
    on_both(rl::test::contract::audit_log);
  }
  TEST_CASE("sqlite: names are data whatever they would mean to a database") {
    on_both(rl::test::contract::hostile_text);
  }
  TEST_CASE("sqlite: caches are told of every change that concerns them") {
    on_both(rl::test::contract::marks);
  }
  TEST_CASE("sqlite: what moves to another directory keeps its ids and secrets") {
    int files = 0;
    const rl::test::TemporaryDirectory directory;
    rl::test::contract::moving([&](const rl::Clock& clock) {
      return open(fmt::format("{}/{}.db", directory.path(), ++files), clock);
    });
  }
  TEST_CASE("sqlite: an import is taken whole or not at all") {
    on_both(rl::test::contract::refused_imports);
  }
  TEST_CASE("D3 sqlite: the usage of keys and users is kept by the minute") {
    on_both(rl::test::contract::usage);
  }
  TEST_CASE("sqlite: eight threads that create users get every id once") {
    on_both([](const MakeDirectory& make) { rl::test::contract::many_writers(make, 8); });
  }

  TEST_CASE("A8 sqlite: users and keys and the audit log are there after a restart") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/rl.db";
    const rl::ManualClock clock;
    rl::SeededRandom random(1);
    const std::string secret = rl::make_api_key(random);
    rl::User alice;
    {
      const auto users = open(path, clock);
      alice = users->create_user({.name = "alice", .tier = "pro"}, kAdmin).value();
      REQUIRE(
          users
              ->create_key(
                  {.user_id = 1, .digest = rl::sha256(secret), .hint = rl::hint_of(secret)}, kAdmin)
              .has_value());
    }
    const auto users = open(path, clock);
    CHECK(users->find_user(1).value() == alice);
    CHECK(users->match(rl::sha256(secret)).value()->user_name == "alice");
    CHECK(users->audit({}).value().size() == 2);
    CHECK(users->create_user({.name = "bob", .tier = "pro"}, kAdmin).value().id == 2);
  }

  TEST_CASE("sqlite: no file of the database holds a secret or can be read by others") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/rl.db";
    const rl::ManualClock clock;
    rl::SeededRandom random(1);
    const std::string secret = rl::make_api_key(random);
    const auto users = open(path, clock);
    users->create_user({.name = "alice", .tier = "pro"}, kAdmin).value();
    users
        ->create_key({.user_id = 1, .digest = rl::sha256(secret), .hint = rl::hint_of(secret)},
                     kAdmin)
        .value();
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      CAPTURE(entry.path().string());
      const std::string content = rl::read_file(entry.path().string()).value();
      CHECK(content.find(secret) == std::string::npos);
      CHECK(content.find(secret.substr(8, 20)) == std::string::npos);
      struct stat status {};
      REQUIRE(::stat(entry.path().c_str(), &status) == 0);
      CHECK((status.st_mode & 077U) == 0);
      ++files;
    }
    CHECK(files == 3);  // the database, its log and the index of that
  }

  TEST_CASE("sqlite: what is no database of ours is refused and stays as it is") {
    const rl::test::TemporaryDirectory directory;
    const rl::ManualClock clock;
    const std::string text = directory.path() + "/text.db";
    const std::string garbage(5000, 'x');
    REQUIRE(rl::write_file(text, garbage, rl::FileMode::kPrivate));
    const auto none = rl::SqliteDirectory::open(text, clock);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().message == "cannot open the users in " + text + ": file is not a database");
    CHECK(rl::read_file(text).value() == garbage);

    const auto nowhere = rl::SqliteDirectory::open(directory.path() + "/no/rl.db", clock);
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().message.find("No such file or directory") != std::string::npos);

    const std::string newer = directory.path() + "/newer.db";
    {
      const auto database = rl::Database::open(newer).value();
      database->run("PRAGMA user_version = 99");
    }
    const auto refused = rl::SqliteDirectory::open(newer, clock);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().hint == "it belongs to a newer rlserver: run that one");
  }

  TEST_CASE("sqlite: a change that fails halfway leaves nothing behind") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/rl.db";
    const rl::ManualClock clock;
    const auto users = open(path, clock);
    users->create_user({.name = "alice", .tier = "pro"}, kAdmin).value();
    rl::Database::open(path).value()->run("DROP TABLE audit");
    const auto failed = users->set_tier(1, "free", std::nullopt, kAdmin);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().kind == rl::DirectoryError::Kind::kFailed);
    CHECK(users->find_user(1).value().tier == "pro");
    // And the next is not held up by it.
    CHECK(users->find_user(2).error().kind == rl::DirectoryError::Kind::kNotFound);
  }
}
