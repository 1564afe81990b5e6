// The keys of SqliteDirectory.
#include <fmt/core.h>

#include <algorithm>

#include "rl/base/duration.h"
#include "rl/identity/sqlite/rows.h"
#include "rl/identity/sqlite/sqlite_directory.h"

namespace rl {
namespace {

using sqlite::count;
using sqlite::failure_of;
using sqlite::key_of;
using sqlite::kKeyById;
using sqlite::no_key;
using sqlite::no_user;
using sqlite::refuse;
using sqlite::write_audit;
using sqlite::write_secret;
using Kind = DirectoryError::Kind;

// Both take three parameters: after, limit, user.
constexpr char kKeysOfUser[] =
    "SELECT id, user_id, name, tier, created, expires, revoked FROM keys"
    " WHERE id > ?1 AND user_id = ?3 ORDER BY id LIMIT ?2";
constexpr char kAllKeys[] =
    "SELECT id, user_id, name, tier, created, expires, revoked FROM keys"
    " WHERE id > ?1 AND ?3 IS NULL ORDER BY id LIMIT ?2";

std::string words_of(const ApiKey& key) {
  std::string words = fmt::format("of user {}", key.user_id);
  if (!key.name.empty()) {
    words += fmt::format(", name {}", key.name);
  }
  if (key.tier) {
    words += fmt::format(", tier {}", *key.tier);
  }
  if (key.expires_at) {
    words += fmt::format(", until {}", format_utc(*key.expires_at));
  }
  for (const SecretRecord& secret : key.secrets) {
    words += fmt::format(", secret {}...{}", secret.prefix, secret.last_four);
    if (secret.expires_at) {
      words += fmt::format(" until {}", format_utc(*secret.expires_at));
    }
  }
  return key.revoked_at ? "revoked" : words;
}

void write_audit_of_key(Database& database, WallTime at, const Actor& by, std::string action,
                        const ApiKey& key, std::string before) {
  write_audit(database, {.at = at,
                         .actor = by.name,
                         .origin = by.origin,
                         .action = std::move(action),
                         .subject = fmt::format("key {}", key_name_of(key.id)),
                         .before = std::move(before),
                         .after = words_of(key)});
}

std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) {
  if (a && b) {
    return std::min(*a, *b);
  }
  return a ? a : b;
}

bool has_ended(const std::optional<WallTime>& expiry, WallTime now) {
  return expiry && *expiry <= now;
}

}  // namespace

void SqliteDirectory::read_secrets(Database& database, ApiKey& key) const {
  if (key.revoked_at) {
    return;
  }
  const WallTime now = clock_.wall_now();
  Query rows(database,
             "SELECT prefix, last_four, created, expires FROM secrets WHERE key_id = ?1"
             " ORDER BY expires IS NOT NULL, expires DESC",
             key.id);
  while (rows.next()) {
    SecretRecord secret{.prefix = rows.text(0),
                        .last_four = rows.text(1),
                        .created = rows.wall_time(2),
                        .expires_at = rows.maybe_time(3)};
    if (!has_ended(secret.expires_at, now)) {
      key.secrets.push_back(std::move(secret));
    }
  }
}

std::optional<ApiKey> SqliteDirectory::read_key(Database& database, std::uint64_t id) const {
  Query row(database, kKeyById, id);
  if (!row.next()) {
    return std::nullopt;
  }
  ApiKey key = key_of(row);
  read_secrets(database, key);
  return key;
}

DirectoryResult<ApiKey> SqliteDirectory::create_key(const NewKey& key, const Actor& by) {
  Change change(*writer_);
  Database& db = *writer_;
  if (!sqlite::read_user(db, key.user_id)) {
    return no_user(db, key.user_id);
  }
  if (count(db, "SELECT count(*) FROM keys WHERE user_id = ?1 AND revoked IS NULL", key.user_id) >=
      kMaxKeysOfUser) {
    return refuse(db, Kind::kConflict,
                  fmt::format("user {} has {} keys already", key.user_id, kMaxKeysOfUser),
                  "revoke those that are not used any more");
  }
  Query taken(db,
              "SELECT id FROM keys WHERE user_id = ?1 AND name = ?2 AND name <> ''"
              " AND revoked IS NULL",
              key.user_id, key.name);
  if (taken.next()) {
    return refuse(db, Kind::kConflict,
                  fmt::format("key {} of user {} has this name already",
                              key_name_of(taken.number(0)), key.user_id));
  }
  ApiKey made{.user_id = key.user_id,
              .name = key.name,
              .tier = key.tier,
              .created = clock_.wall_now(),
              .expires_at = key.expires_at,
              .revoked_at = {},
              .secrets = {}};
  made.secrets.push_back(
      {.prefix = key.hint.prefix, .last_four = key.hint.last_four, .created = made.created});
  Query(db, "INSERT INTO keys (user_id, name, tier, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
        made.user_id, made.name, made.tier, made.created, made.expires_at)
      .run();
  made.id = static_cast<std::uint64_t>(db.last_insert_id());
  write_secret(db, {.key_id = made.id, .digest = key.digest, .record = made.secrets.front()});
  write_audit_of_key(db, made.created, by, "key.create", made, "");
  if (!change.commit()) {
    return failure_of(db);
  }
  marks_.digest_changed(key.digest);
  return made;
}

DirectoryResult<ApiKey> SqliteDirectory::find_key(std::uint64_t id) const {
  const Look look(reader_);
  auto key = read_key(reader_, id);
  if (!key || reader_.fault()) {
    return no_key(reader_, id);
  }
  return *std::move(key);
}

DirectoryResult<std::vector<ApiKey>> SqliteDirectory::list_keys(
    std::optional<std::uint64_t> user_id, const Page& page) const {
  const Look look(reader_);
  std::vector<ApiKey> keys;
  if (user_id && !sqlite::read_user(reader_, *user_id)) {
    return no_user(reader_, *user_id);
  }
  Query rows(reader_, user_id ? kKeysOfUser : kAllKeys, page.after, std::uint64_t{page.limit},
             user_id);
  while (rows.next()) {
    keys.push_back(key_of(rows));
    read_secrets(reader_, keys.back());
  }
  if (reader_.fault()) {
    return failure_of(reader_);
  }
  return keys;
}

DirectoryResult<ApiKey> SqliteDirectory::revoke_key(std::uint64_t id, const Actor& by) {
  Change change(*writer_);
  auto key = read_key(*writer_, id);
  if (!key) {
    return no_key(*writer_, id);
  }
  if (key->revoked_at) {
    return *std::move(key);
  }
  const std::string before = words_of(*key);
  key->revoked_at = clock_.wall_now();
  key->secrets.clear();
  Query(*writer_, "UPDATE keys SET revoked = ?2 WHERE id = ?1", id, key->revoked_at).run();
  Query(*writer_, "DELETE FROM secrets WHERE key_id = ?1", id).run();
  write_audit_of_key(*writer_, *key->revoked_at, by, "key.revoke", *key, before);
  if (!change.commit()) {
    return failure_of(*writer_);
  }
  marks_.user_changed(key->user_id);
  return *std::move(key);
}

DirectoryResult<ApiKey> SqliteDirectory::rotate_key(std::uint64_t id, const Rotation& rotation,
                                                    const Actor& by) {
  Change change(*writer_);
  Database& db = *writer_;
  const WallTime now = clock_.wall_now();
  const auto key = read_key(db, id);
  if (!key) {
    return no_key(db, id);
  }
  if (key->revoked_at || has_ended(key->expires_at, now)) {
    return refuse(
        db, Kind::kConflict,
        fmt::format("key {} {}", key_name_of(id), key->revoked_at ? "is revoked" : "has expired"),
        "create another key");
  }
  if (key->secrets.size() >= kMaxSecretsOfKey && rotation.grace > Micros::zero()) {
    return refuse(
        db, Kind::kConflict,
        fmt::format("{} secrets of key {} still work", key->secrets.size(), key_name_of(id)),
        "wait for the end of their grace, or end it with a grace of 0");
  }
  Query(db,
        "UPDATE secrets SET expires = ?2 WHERE key_id = ?1 AND (expires IS NULL OR expires > ?2)",
        id, now + rotation.grace)
      .run();
  Query(db, "DELETE FROM secrets WHERE key_id = ?1 AND expires <= ?2", id, now).run();
  write_secret(db, {.key_id = id,
                    .digest = rotation.digest,
                    .record = {.prefix = rotation.hint.prefix,
                               .last_four = rotation.hint.last_four,
                               .created = now}});
  const auto rotated = read_key(db, id);
  if (rotated) {
    write_audit_of_key(db, now, by, "key.rotate", *rotated, words_of(*key));
  }
  if (!change.commit()) {
    return failure_of(db);
  }
  marks_.user_changed(key->user_id);
  marks_.digest_changed(rotation.digest);
  return *rotated;
}

DirectoryResult<std::optional<KeyMatch>> SqliteDirectory::match(const Digest& digest) const {
  const Look look(reader_);
  Query row(reader_,
            "SELECT s.digest, k.id, k.user_id, u.name, coalesce(k.tier, u.tier), k.expires,"
            " s.expires FROM secrets s JOIN keys k ON k.id = s.key_id"
            " JOIN users u ON u.id = k.user_id WHERE s.digest = ?1 AND k.revoked IS NULL",
            digest);
  if (row.next()) {
    return std::optional(KeyMatch{.digest = row.digest(0),
                                  .key_id = row.number(1),
                                  .user_id = row.number(2),
                                  .user_name = row.text(3),
                                  .tier = row.text(4),
                                  .valid_until = earlier(row.maybe_time(5), row.maybe_time(6))});
  }
  if (reader_.fault()) {
    return failure_of(reader_);
  }
  return std::optional<KeyMatch>();
}

}  // namespace rl
