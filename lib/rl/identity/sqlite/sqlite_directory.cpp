#include "rl/identity/sqlite/sqlite_directory.h"

#include <fmt/core.h>

#include "rl/identity/sqlite/rows.h"
#include "rl/identity/sqlite/schema.h"
#include "rl/identity/sqlite/sqlite_usage.h"

namespace rl {
namespace {

using sqlite::failure_of;
using sqlite::no_user;
using sqlite::read_user;
using sqlite::refuse;
using sqlite::user_of;
using sqlite::write_audit;
using Kind = DirectoryError::Kind;

std::string words_of(const User& user) {
  return fmt::format("name {}, tier {}", user.name, user.tier);
}

void write_audit_of_user(Database& database, WallTime at, const Actor& by, std::string action,
                         const User& user, std::string before, std::string after) {
  write_audit(database, {.at = at,
                         .actor = by.name,
                         .origin = by.origin,
                         .action = std::move(action),
                         .subject = fmt::format("user {}", user.id),
                         .before = std::move(before),
                         .after = std::move(after)});
}

}  // namespace

Result<std::unique_ptr<SqliteDirectory>> SqliteDirectory::open(const std::string& path,
                                                               const Clock& clock) {
  auto writer = Database::open(path);
  if (!writer) {
    return fail_with(writer.error());
  }
  if (const auto migrated = migrate(**writer); !migrated) {
    return fail(fmt::format("cannot use the users in {}: {}", path, migrated.error().message),
                migrated.error().hint);
  }
  std::unique_ptr<Database> reader;
  if (path != ":memory:") {
    auto opened = Database::open(path);
    if (!opened) {
      return fail_with(opened.error());
    }
    reader = std::move(*opened);
  }
  return std::unique_ptr<SqliteDirectory>(
      new SqliteDirectory(std::move(*writer), std::move(reader), clock));
}

DirectoryResult<User> SqliteDirectory::create_user(const NewUser& user, const Actor& by) {
  Change change(*writer_);
  Query taken(*writer_, "SELECT id FROM users WHERE name = ?1", user.name);
  if (taken.next()) {
    return refuse(*writer_, Kind::kConflict,
                  fmt::format("user {} has this name already", taken.number(0)));
  }
  User made{.name = user.name, .tier = user.tier, .created = clock_.wall_now()};
  Query(*writer_, "INSERT INTO users (name, tier, version, created) VALUES (?1, ?2, ?3, ?4)",
        made.name, made.tier, made.version, made.created)
      .run();
  made.id = static_cast<std::uint64_t>(writer_->last_insert_id());
  write_audit_of_user(*writer_, made.created, by, "user.create", made, "", words_of(made));
  if (!change.commit()) {
    return failure_of(*writer_);
  }
  return made;
}

DirectoryResult<User> SqliteDirectory::find_user(std::uint64_t id) const {
  const Look look(reader_);
  auto user = read_user(reader_, id);
  if (!user) {
    return no_user(reader_, id);
  }
  return *std::move(user);
}

DirectoryResult<std::vector<User>> SqliteDirectory::list_users(const Page& page) const {
  const Look look(reader_);
  std::vector<User> users;
  Query query(reader_,
              "SELECT id, name, tier, version, created FROM users WHERE id > ?1"
              " ORDER BY id LIMIT ?2",
              page.after, std::uint64_t{page.limit});
  while (query.next()) {
    users.push_back(user_of(query));
  }
  if (reader_.fault()) {
    return failure_of(reader_);
  }
  return users;
}

DirectoryResult<User> SqliteDirectory::set_tier(std::uint64_t id, const std::string& tier,
                                                std::optional<std::uint64_t> expected_version,
                                                const Actor& by) {
  Change change(*writer_);
  auto user = read_user(*writer_, id);
  if (!user) {
    return no_user(*writer_, id);
  }
  if (expected_version && user->version != *expected_version) {
    return refuse(*writer_, Kind::kConflict,
                  fmt::format("user {} was changed meanwhile: it has version {}, not {}", id,
                              user->version, *expected_version),
                  "read the user again and repeat what is still wanted");
  }
  const std::string before = words_of(*user);
  user->tier = tier;
  ++user->version;
  Query(*writer_, "UPDATE users SET tier = ?2, version = ?3 WHERE id = ?1", id, tier, user->version)
      .run();
  write_audit_of_user(*writer_, clock_.wall_now(), by, "user.set-tier", *user, before,
                      words_of(*user));
  if (!change.commit()) {
    return failure_of(*writer_);
  }
  marks_.user_changed(id);
  return *std::move(user);
}

DirectoryResult<User> SqliteDirectory::delete_user(std::uint64_t id, const Actor& by) {
  Change change(*writer_);
  auto user = read_user(*writer_, id);
  if (!user) {
    return no_user(*writer_, id);
  }
  Query(*writer_, "DELETE FROM users WHERE id = ?1", id).run();
  write_audit_of_user(*writer_, clock_.wall_now(), by, "user.delete", *user, words_of(*user), "");
  if (!change.commit()) {
    return failure_of(*writer_);
  }
  marks_.user_changed(id);
  return *std::move(user);
}

std::unique_ptr<UsageLog> SqliteDirectory::usage_log() {
  return std::make_unique<SqliteUsage>(*writer_, reader_);
}

DirectoryResult<void> SqliteDirectory::record(const AuditEntry& entry) {
  Change change(*writer_);
  write_audit(*writer_, entry);
  if (!change.commit()) {
    return failure_of(*writer_);
  }
  return {};
}

DirectoryResult<std::vector<AuditEntry>> SqliteDirectory::audit(const AuditQuery& query) const {
  const Look look(reader_);
  std::vector<AuditEntry> entries;
  Query rows(reader_,
             "SELECT id, at, actor, origin, action, subject, before, after FROM audit"
             " WHERE at >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
             query.since, query.before, std::uint64_t{query.limit});
  while (rows.next()) {
    entries.push_back({.id = rows.number(0),
                       .at = rows.wall_time(1),
                       .actor = rows.text(2),
                       .origin = rows.text(3),
                       .action = rows.text(4),
                       .subject = rows.text(5),
                       .before = rows.text(6),
                       .after = rows.text(7)});
  }
  if (reader_.fault()) {
    return failure_of(reader_);
  }
  return entries;
}

}  // namespace rl
