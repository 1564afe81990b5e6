#include "rl/identity/sqlite/rows.h"

#include <fmt/core.h>

#include <utility>

namespace rl::sqlite {

User user_of(const Query& row) {
  return {.id = row.number(0),
          .name = row.text(1),
          .tier = row.text(2),
          .version = row.number(3),
          .created = row.wall_time(4)};
}

std::optional<User> read_user(Database& database, std::uint64_t id) {
  Query query(database, kUserById, id);
  return query.next() ? std::optional(user_of(query)) : std::nullopt;
}

ApiKey key_of(const Query& row) {
  return {.id = row.number(0),
          .user_id = row.number(1),
          .name = row.text(2),
          .tier = row.maybe_text(3),
          .created = row.wall_time(4),
          .expires_at = row.maybe_time(5),
          .revoked_at = row.maybe_time(6),
          .secrets = {}};
}

void write_secret(Database& database, const StoredSecret& secret) {
  Query(database,
        "INSERT INTO secrets (digest, key_id, prefix, last_four, created, expires)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        secret.digest, secret.key_id, secret.record.prefix, secret.record.last_four,
        secret.record.created, secret.record.expires_at)
      .run();
}

std::uint64_t count(Database& database, std::string_view sql, std::uint64_t id) {
  Query query(database, sql, id);
  return query.next() ? query.number(0) : 0;
}

Failure<DirectoryError> refuse(const Database& database, DirectoryError::Kind kind,
                               std::string message, std::string hint) {
  if (database.fault()) {
    return failure_of(database);
  }
  return fail_with(
      DirectoryError{.kind = kind, .message = std::move(message), .hint = std::move(hint)});
}

Failure<DirectoryError> no_user(const Database& database, std::uint64_t id) {
  return refuse(database, DirectoryError::Kind::kNotFound, fmt::format("there is no user {}", id));
}

Failure<DirectoryError> no_key(const Database& database, std::uint64_t id) {
  return refuse(database, DirectoryError::Kind::kNotFound,
                fmt::format("there is no key {}", key_name_of(id)));
}

Failure<DirectoryError> failure_of(const Database& database) {
  return fail_with(DirectoryError{
      .kind = DirectoryError::Kind::kFailed,
      .message = database.fault() ? database.fault()->message : "the database failed"});
}

void write_audit(Database& database, const AuditEntry& entry) {
  Query(database,
        "INSERT INTO audit (at, actor, origin, action, subject, before, after)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        entry.at, entry.actor, entry.origin, entry.action, entry.subject, entry.before, entry.after)
      .run();
  const auto id = static_cast<std::uint64_t>(database.last_insert_id());
  if (id > kMaxAudit) {
    Query(database, "DELETE FROM audit WHERE id <= ?1", id - kMaxAudit).run();
  }
}

}  // namespace rl::sqlite
