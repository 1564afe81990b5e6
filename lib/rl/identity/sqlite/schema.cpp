#include "rl/identity/sqlite/schema.h"

#include <fmt/core.h>

#include <array>

namespace rl {
namespace {

/// Step i leads from version i to version i + 1. A step that was released never changes. Times are
/// microseconds since 1970 UTC, minutes are counted from there too.
constexpr std::array kSteps = {
    R"(
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  tier TEXT NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT;
CREATE TABLE keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  tier TEXT,
  created INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
) STRICT;
CREATE INDEX keys_of_user ON keys (user_id, id);
CREATE UNIQUE INDEX key_names ON keys (user_id, name) WHERE revoked IS NULL AND name <> '';
CREATE TABLE secrets (
  digest BLOB NOT NULL PRIMARY KEY,
  key_id INTEGER NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  prefix TEXT NOT NULL,
  last_four TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX secrets_of_key ON secrets (key_id);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  origin TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
) STRICT;
)",
    R"(
ALTER TABLE keys ADD COLUMN last_used INTEGER;
CREATE TABLE usage (
  owner TEXT NOT NULL,
  minute INTEGER NOT NULL,
  allowed INTEGER NOT NULL,
  denied INTEGER NOT NULL,
  PRIMARY KEY (owner, minute)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_minute ON usage (minute);
CREATE TABLE usage_size (rows INTEGER NOT NULL) STRICT;
INSERT INTO usage_size VALUES (0);
CREATE TRIGGER usage_grows AFTER INSERT ON usage BEGIN
  UPDATE usage_size SET rows = rows + 1;
END;
CREATE TRIGGER usage_shrinks AFTER DELETE ON usage BEGIN
  UPDATE usage_size SET rows = rows - 1;
END;
)",
};

std::uint64_t version_of(Database& database) {
  Query query(database, "PRAGMA user_version");
  return query.next() ? query.number(0) : 0;
}

}  // namespace

Result<void> migrate(Database& database) {
  Change change(database);
  const std::uint64_t from = version_of(database);
  if (from > kSteps.size()) {
    return fail(fmt::format("the database has version {}, this program knows up to {}", from,
                            kSteps.size()),
                "it belongs to a newer rlserver: run that one");
  }
  for (std::size_t step = from; step < kSteps.size(); ++step) {
    database.run(kSteps[step]);
  }
  if (from < kSteps.size()) {
    database.run(fmt::format("PRAGMA user_version = {}", kSteps.size()).c_str());
  }
  if (!change.commit()) {
    return fail(database.fault()->message);
  }
  return {};
}

}  // namespace rl
