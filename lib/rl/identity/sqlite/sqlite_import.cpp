// What SqliteDirectory gives to other directories and takes from them.
#include <fmt/core.h>

#include <utility>

#include "rl/identity/sqlite/rows.h"
#include "rl/identity/sqlite/sqlite_directory.h"

namespace rl {
namespace {

using sqlite::count;
using sqlite::failure_of;
using sqlite::refuse;
using Kind = DirectoryError::Kind;

/// Whether something was made; false: it was there already, and the same.
using Made = DirectoryResult<bool>;

Failure<DirectoryError> conflict(const Database& database, std::string message) {
  return refuse(database, Kind::kConflict, std::move(message));
}

std::uint64_t last_id(Database& database, std::string_view table) {
  Query query(database, "SELECT seq FROM sqlite_sequence WHERE name = ?1", table);
  return query.next() ? query.number(0) : 0;
}

void raise_last_id(Database& database, std::string_view table, std::uint64_t id) {
  if (id <= last_id(database, table)) {
    return;
  }
  // The table of sequences has no unique names: one row for each is kept by hand.
  Query(database, "DELETE FROM sqlite_sequence WHERE name = ?1", table).run();
  Query(database, "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", table, id).run();
}

/// Imports one entry after the other into a database that is held by a Change.
class Import {
 public:
  Import(Database& database, WallTime now) : db_(database), now_(now) {}

  Made operator()(const LastIds& ids) {
    raise_last_id(db_, "users", ids.user);
    raise_last_id(db_, "keys", ids.key);
    return false;
  }

  Made operator()(const User& user) {
    if (const auto there = sqlite::read_user(db_, user.id)) {
      return *there == user ? Made(false)
                            : conflict(db_, fmt::format("user {} is there and differs", user.id));
    }
    Query taken(db_, "SELECT id FROM users WHERE name = ?1", user.name);
    if (taken.next()) {
      return conflict(db_, fmt::format("user {} has this name already", taken.number(0)));
    }
    Query(db_, "INSERT INTO users (id, name, tier, version, created) VALUES (?1, ?2, ?3, ?4, ?5)",
          user.id, user.name, user.tier, user.version, user.created)
        .run();
    return true;
  }

  Made operator()(const ApiKey& key) {
    if (Query row(db_, sqlite::kKeyById, key.id); row.next()) {
      return sqlite::key_of(row) == key
                 ? Made(false)
                 : conflict(db_, fmt::format("key {} is there and differs", key_name_of(key.id)));
    }
    if (!sqlite::read_user(db_, key.user_id)) {
      return conflict(db_, fmt::format("there is no user {}", key.user_id));
    }
    if (!key.revoked_at) {
      Query taken(db_,
                  "SELECT id FROM keys WHERE user_id = ?1 AND name = ?2 AND name <> ''"
                  " AND revoked IS NULL",
                  key.user_id, key.name);
      if (taken.next()) {
        return conflict(db_, fmt::format("key {} of user {} has this name already",
                                         key_name_of(taken.number(0)), key.user_id));
      }
      if (count(db_, "SELECT count(*) FROM keys WHERE user_id = ?1 AND revoked IS NULL",
                key.user_id) >= kMaxKeysOfUser) {
        return conflict(db_,
                        fmt::format("user {} has {} keys already", key.user_id, kMaxKeysOfUser));
      }
    }
    Query(db_,
          "INSERT INTO keys (id, user_id, name, tier, created, expires, revoked)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
          key.id, key.user_id, key.name, key.tier, key.created, key.expires_at, key.revoked_at)
        .run();
    return true;
  }

  Made operator()(const StoredSecret& secret) {
    Query owner(db_, "SELECT key_id FROM secrets WHERE digest = ?1", secret.digest);
    if (owner.next()) {
      return owner.number(0) == secret.key_id
                 ? Made(false)
                 : conflict(db_, fmt::format("this secret is that of key {} already",
                                             key_name_of(owner.number(0))));
    }
    Query row(db_, sqlite::kKeyById, secret.key_id);
    if (!row.next()) {
      return conflict(db_, fmt::format("there is no key {}", key_name_of(secret.key_id)));
    }
    if (sqlite::key_of(row).revoked_at) {
      return conflict(db_, fmt::format("key {} is revoked", key_name_of(secret.key_id)));
    }
    Query(db_, "DELETE FROM secrets WHERE key_id = ?1 AND expires <= ?2", secret.key_id, now_)
        .run();
    if (count(db_, "SELECT count(*) FROM secrets WHERE key_id = ?1", secret.key_id) >=
        kMaxSecretsOfKey) {
      return conflict(db_, fmt::format("key {} has {} secrets already", key_name_of(secret.key_id),
                                       kMaxSecretsOfKey));
    }
    sqlite::write_secret(db_, secret);
    return true;
  }

 private:
  Database& db_;
  const WallTime now_;
};

}  // namespace

DirectoryResult<LastIds> SqliteDirectory::last_ids() const {
  const Look look(reader_);
  const LastIds ids{.user = last_id(reader_, "users"), .key = last_id(reader_, "keys")};
  if (reader_.fault()) {
    return failure_of(reader_);
  }
  return ids;
}

DirectoryResult<std::vector<StoredSecret>> SqliteDirectory::list_secrets(std::uint64_t first,
                                                                         std::uint64_t last) const {
  const Look look(reader_);
  std::vector<StoredSecret> secrets;
  Query rows(reader_,
             "SELECT key_id, digest, prefix, last_four, created, expires FROM secrets"
             " WHERE key_id BETWEEN ?1 AND ?2 AND (expires IS NULL OR expires > ?3)"
             " ORDER BY key_id, expires IS NOT NULL, expires DESC",
             first, last, clock_.wall_now());
  while (rows.next()) {
    secrets.push_back({.key_id = rows.number(0),
                       .digest = rows.digest(1),
                       .record = {.prefix = rows.text(2),
                                  .last_four = rows.text(3),
                                  .created = rows.wall_time(4),
                                  .expires_at = rows.maybe_time(5)}});
  }
  if (reader_.fault()) {
    return failure_of(reader_);
  }
  return secrets;
}

DirectoryResult<ImportCounts> SqliteDirectory::import(const std::vector<Entry>& entries,
                                                      const Actor& by) {
  Change change(*writer_);
  const WallTime now = clock_.wall_now();
  Import import(*writer_, now);
  ImportCounts counts;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto made = std::visit(import, entries[i]);
    if (!made) {
      DirectoryError error = made.error();
      error.entry = i;
      return fail_with(std::move(error));
    }
    if (!std::holds_alternative<LastIds>(entries[i])) {
      ++(*made ? counts.made : counts.unchanged);
    }
  }
  if (counts.made > 0) {
    sqlite::write_audit(*writer_, {.at = now,
                                   .actor = by.name,
                                   .origin = by.origin,
                                   .action = "users.import",
                                   .after = fmt::format("{} entries", counts.made)});
  }
  if (!change.commit()) {
    return failure_of(*writer_);
  }
  for (const Entry& entry : entries) {
    if (const auto* const secret = std::get_if<StoredSecret>(&entry)) {
      marks_.digest_changed(secret->digest);
    }
  }
  return counts;
}

}  // namespace rl
