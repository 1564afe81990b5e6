#include "rl/config/tiers_file.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rl/base/file.h"
#include "rl/base/manual_clock.h"
#include "rl/config/policy_file.h"
#include "tests/support/temporary_directory.h"

namespace {

/// A file of one tier with that base.
std::string tiers_of(int base) {
  return fmt::format(
      "version = 1\ndefault_tier = \"free\"\n[[tiers.free.limits]]\nwindow = \"1m\"\nbase = {}\n",
      base);
}

constexpr char kBroken[] = "version = 1\ndefault_tier = 3\ntiers.free.unlimited = true\n";

/// A tiers file in a directory of its own, with the policy in force from it.
struct Desk {
  Desk() { write(tiers_of(10)); }

  void write(const std::string& text) const {
    REQUIRE(rl::write_file(path, text, rl::FileMode::kPublic));
  }
  std::uint32_t base() const { return policies.snapshot()->tiers.front().rules.front().base; }
  std::uint64_t version() const { return policies.snapshot()->version; }
  std::string on_disk() const { return rl::read_file(path).value(); }

  const rl::test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/tiers.toml";
  rl::ManualClock clock;
  const rl::Log log{rl::LogLevel::kError};
  rl::PolicyRegister policies{rl::parse_policy(tiers_of(10), path).value()};
};

rl::TiersFile open(Desk& desk) {
  return {desk.path, {.policies = desk.policies, .clock = desk.clock, .log = desk.log}};
}

using Kind = rl::PolicyRefusal::Kind;

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("a reload puts in force what the file says now") {
    Desk desk;
    rl::TiersFile file = open(desk);
    desk.write(tiers_of(30));
    const auto update = file.reload({.cause = "SIGHUP"});
    REQUIRE(update.has_value());
    CHECK(update->before == 1);
    CHECK(update->version == 2);
    CHECK(update->changes.size() == 3);  // base, and burst and degraded that default to it
    CHECK(desk.base() == 30);
    CHECK(desk.version() == 2);
    CHECK(file.counts().loaded == 1);
  }

  TEST_CASE("a reload of the same text changes nothing") {
    Desk desk;
    rl::TiersFile file = open(desk);
    const auto update = file.reload({.cause = "SIGHUP"});
    REQUIRE(update.has_value());
    CHECK(update->version == 1);
    CHECK(update->changes.empty());
    CHECK(file.history().size() == 1);
  }

  TEST_CASE("a new comment is a new version without changes") {
    Desk desk;
    rl::TiersFile file = open(desk);
    desk.write(tiers_of(10) + "# as agreed with sales\n");
    const auto update = file.reload({.cause = "SIGHUP"});
    REQUIRE(update.has_value());
    CHECK(update->version == 2);
    CHECK(update->changes.empty());
  }

  TEST_CASE("a file with faults keeps the policy and is told until it is good again") {
    Desk desk;
    rl::TiersFile file = open(desk);
    CHECK_FALSE(file.rejected().has_value());
    desk.write(kBroken);
    const auto refused = file.reload({.cause = "SIGHUP"});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::kInvalid);
    REQUIRE(refused.error().diagnostics.size() == 1);
    CHECK(refused.error().diagnostics[0].line == 2);
    CHECK(desk.base() == 10);
    CHECK(desk.version() == 1);
    CHECK(file.counts().refused == 1);
    REQUIRE(file.rejected().has_value());
    CHECK(file.rejected()->diagnostics.size() == 1);
    CHECK(file.rejected()->at == desk.clock.wall_now());

    desk.write(tiers_of(10));
    CHECK(file.reload({.cause = "SIGHUP"}).has_value());
    CHECK_FALSE(file.rejected().has_value());
  }

  TEST_CASE("a file that is gone keeps the policy") {
    Desk desk;
    rl::TiersFile file = open(desk);
    std::filesystem::remove(desk.path);
    const auto refused = file.reload({.cause = "SIGHUP"});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().diagnostics.at(0).line == 0);
    CHECK(desk.version() == 1);
  }

  TEST_CASE("what is applied is written to the file first") {
    Desk desk;
    rl::TiersFile file = open(desk);
    const auto update = file.apply(tiers_of(40), {.cause = "apply"});
    REQUIRE(update.has_value());
    CHECK(update->version == 2);
    CHECK(desk.base() == 40);
    CHECK(desk.on_disk() == tiers_of(40));
  }

  TEST_CASE("a text with faults is applied nowhere") {
    Desk desk;
    rl::TiersFile file = open(desk);
    const auto refused = file.apply(kBroken, {.cause = "apply"});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::kInvalid);
    CHECK(desk.on_disk() == tiers_of(10));
    CHECK(desk.version() == 1);
    CHECK_FALSE(file.rejected().has_value());  // the file itself is in force
  }

  TEST_CASE("a file that cannot be written is in the way of an apply") {
    Desk desk;
    rl::TiersFile file = open(desk);
    std::filesystem::remove_all(desk.directory.path());
    const auto refused = file.apply(tiers_of(40), {.cause = "apply"});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::kConflict);
    CHECK(refused.error().error.message.starts_with("cannot write "));
    CHECK(desk.base() == 10);
  }

  TEST_CASE("an apply does not lose what somebody else wrote to the file") {
    Desk desk;
    rl::TiersFile file = open(desk);
    desk.write(tiers_of(50));
    const auto refused = file.apply(tiers_of(40), {.cause = "apply"});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::kConflict);
    CHECK(desk.on_disk() == tiers_of(50));
    CHECK(desk.base() == 10);

    CHECK(file.apply(tiers_of(50), {.cause = "apply"}).has_value());  // the very same text
    desk.write(kBroken);
    CHECK(file.apply(tiers_of(40), {.cause = "apply", .overwrite = true}).has_value());
    CHECK(desk.on_disk() == tiers_of(40));
    CHECK(desk.base() == 40);
  }

  TEST_CASE("a dry run tells the changes and makes none") {
    Desk desk;
    rl::TiersFile file = open(desk);
    const auto applied = file.apply(tiers_of(40), {.cause = "apply", .dry_run = true});
    REQUIRE(applied.has_value());
    CHECK(applied->version == 1);
    CHECK(applied->changes.size() == 3);
    CHECK(desk.on_disk() == tiers_of(10));

    desk.write(tiers_of(50));
    CHECK(file.reload({.cause = "reload", .dry_run = true})->changes.at(0).after == "50");
    desk.write(kBroken);
    CHECK_FALSE(file.reload({.cause = "reload", .dry_run = true}).has_value());
    CHECK_FALSE(file.rejected().has_value());
    CHECK(file.counts().refused == 0);
    CHECK(desk.version() == 1);
  }

  TEST_CASE("a roll back puts an earlier text in force under a new version") {
    Desk desk;
    rl::TiersFile file = open(desk);
    REQUIRE(file.apply(tiers_of(40), {.cause = "apply by anna"}).has_value());
    desk.clock.advance(std::chrono::hours{1});
    const auto update = file.roll_back(1, {.cause = "rollback to v1"});
    REQUIRE(update.has_value());
    CHECK(update->version == 3);
    CHECK(desk.base() == 10);
    CHECK(desk.on_disk() == tiers_of(10));

    const auto history = file.history();
    REQUIRE(history.size() == 3);
    CHECK(history[0].cause == "start");
    CHECK(history[0].changes == 0);
    CHECK(history[1].cause == "apply by anna");
    CHECK(history[1].changes == 3);
    CHECK(history[2].cause == "rollback to v1");
    CHECK(history[2].policy->version == 3);
    CHECK(history[2].at - history[1].at == std::chrono::hours{1});
  }

  TEST_CASE("a version that is not kept is told with those that are") {
    Desk desk;
    rl::TiersFile file = open(desk);
    for (std::size_t i = 0; i < rl::TiersFile::kRevisions; ++i) {
      REQUIRE(file.apply(tiers_of(100 + static_cast<int>(i)), {.cause = "apply"}).has_value());
    }
    CHECK(file.history().size() == rl::TiersFile::kRevisions);
    for (const std::uint64_t version : {0, 1, 34}) {
      const auto refused = file.roll_back(version, {.cause = "rollback"});
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().kind == Kind::kUnknownVersion);
      CHECK(refused.error().error.hint == "kept are v2 to v33");
    }
    CHECK(file.roll_back(2, {.cause = "rollback"}).has_value());
  }

  TEST_CASE("a file that is written to or renamed over is loaded when it rests") {
    Desk desk;
    rl::TiersFile file = open(desk);
    file.watch();
    file.watch();
    CHECK(desk.version() == 1);

    desk.write(tiers_of(30));  // a rename, as editors and write_file do
    file.watch();
    CHECK(desk.version() == 1);  // seen, but perhaps not done
    file.watch();
    CHECK(desk.base() == 30);
    file.watch();
    CHECK(desk.version() == 2);

    std::filesystem::resize_file(desk.path, 0);  // somebody writes in place
    file.watch();
    CHECK_FALSE(file.rejected().has_value());
    std::filesystem::resize_file(desk.path, 1);
    file.watch();
    CHECK_FALSE(file.rejected().has_value());
    file.watch();
    CHECK(file.rejected().has_value());
    CHECK(desk.base() == 30);
    file.watch();
    CHECK(file.counts().refused == 1);  // told once
    desk.write(tiers_of(31));
    file.watch();
    file.watch();
    CHECK(desk.base() == 31);
    CHECK_FALSE(file.rejected().has_value());
  }

  TEST_CASE("a symbolic link that is swapped is followed as ConfigMaps need it") {
    Desk desk;
    const std::filesystem::path root = desk.directory.path();
    const auto publish = [&](const std::string& name, int base) {
      std::filesystem::create_directory(root / name);
      REQUIRE(rl::write_file(root / name / "tiers.toml", tiers_of(base), rl::FileMode::kPublic));
      std::filesystem::create_directory_symlink(name, root / "..fresh");
      std::filesystem::rename(root / "..fresh", root / "..data");
    };
    publish("..1", 10);
    std::filesystem::remove(desk.path);
    std::filesystem::create_symlink("..data/tiers.toml", desk.path);
    rl::TiersFile file = open(desk);
    file.watch();
    file.watch();
    CHECK(desk.version() == 1);

    publish("..2", 60);
    file.watch();
    file.watch();
    CHECK(desk.base() == 60);
    CHECK(file.history().back().cause == "file changed");
  }
}
