#pragma once

#include <string>

#include "rl/identity/sqlite/database.h"
#include "rl/identity/user_directory.h"

namespace rl::sqlite {

// What the statements on users, keys and the audit log share. All work on a connection that is
// held by a Look or a Change.

/// The columns of user_of().
inline constexpr char kUserById[] =
    "SELECT id, name, tier, version, created FROM users WHERE id = ?1";

User user_of(const Query& row);
std::optional<User> read_user(Database& database, std::uint64_t id);

/// The columns of key_of(), which is without its secrets.
inline constexpr char kKeyById[] =
    "SELECT id, user_id, name, tier, created, expires, revoked FROM keys WHERE id = ?1";

ApiKey key_of(const Query& row);

void write_secret(Database& database, const StoredSecret& secret);

/// The one number that a statement on an id leads to; 0 when there is none.
std::uint64_t count(Database& database, std::string_view sql, std::uint64_t id);

/// The refusal, unless the database has a fault: then that is why nothing was found.
Failure<DirectoryError> refuse(const Database& database, DirectoryError::Kind kind,
                               std::string message, std::string hint = {});
Failure<DirectoryError> no_user(const Database& database, std::uint64_t id);
Failure<DirectoryError> no_key(const Database& database, std::uint64_t id);

/// The fault of the database.
Failure<DirectoryError> failure_of(const Database& database);

/// Writes a line of the audit log and lets the oldest go.
void write_audit(Database& database, const AuditEntry& entry);

}  // namespace rl::sqlite
