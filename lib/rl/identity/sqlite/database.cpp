#include "rl/identity/sqlite/database.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace rl {
namespace {

constexpr int kBusyMilliseconds = 5000;

/// WAL lets readers go on beside the writer; FULL makes a commit outlive a loss of power.
constexpr char kSettings[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;";

Failure<Error> cannot_open(const std::string& path, std::string_view why) {
  return fail(fmt::format("cannot open the users in {}: {}", path, why),
              "restore the file from a copy, or choose another directory with --data-dir");
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  if (path != ":memory:") {
    // SQLite would make it readable by all; its further files take the mode of this one.
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
      return cannot_open(path, std::system_category().message(errno));
    }
    ::close(file);
  }
  sqlite3* connection = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  std::unique_ptr<Database> database(new Database(connection));
  if (opened != SQLITE_OK) {
    return cannot_open(path, sqlite3_errstr(opened));
  }
  sqlite3_busy_timeout(connection, kBusyMilliseconds);
  database->run(kSettings);
  if (database->fault_) {
    return cannot_open(path, database->fault_->message);
  }
  return database;
}

Database::~Database() = default;

void Database::CloseConnection::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

void Database::DropStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::run(const char* sql) {
  if (!fault_ && sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail_with_last_error();
  }
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

sqlite3_stmt* Database::prepared(std::string_view sql) {
  if (fault_) {
    return nullptr;
  }
  const auto known = statements_.find(sql);
  if (known != statements_.end()) {
    return known->second.get();
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    fail_with_last_error();
    return nullptr;
  }
  statements_[std::string(sql)].reset(statement);
  return statement;
}

void Database::fail_with_last_error() {
  if (!fault_) {
    fault_ = Error{.message = sqlite3_errmsg(connection_.get())};
  }
}

Query::~Query() {
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
}

bool Query::next() {
  if (statement_ == nullptr || database_.fault_) {
    return false;
  }
  const int result = sqlite3_step(statement_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    database_.fail_with_last_error();
  }
  return result == SQLITE_ROW;
}

void Query::check(int result) {
  if (result != SQLITE_OK) {
    database_.fail_with_last_error();
  }
}

void Query::bind(std::uint64_t value) {
  ++parameter_;
  if (statement_ != nullptr) {
    check(sqlite3_bind_int64(statement_, parameter_, static_cast<std::int64_t>(value)));
  }
}

void Query::bind(std::string_view value) {
  ++parameter_;
  if (statement_ != nullptr) {
    check(sqlite3_bind_text64(statement_, parameter_, value.data(), value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  }
}

void Query::bind(WallTime value) {
  bind(static_cast<std::uint64_t>(value.time_since_epoch().count()));
}

void Query::bind(const Digest& value) {
  ++parameter_;
  if (statement_ != nullptr) {
    check(
        sqlite3_bind_blob64(statement_, parameter_, value.data(), value.size(), SQLITE_TRANSIENT));
  }
}

std::uint64_t Query::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

std::string Query::text(int column) const {
  const auto* const bytes = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

WallTime Query::wall_time(int column) const {
  return WallTime{Micros{sqlite3_column_int64(statement_, column)}};
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<std::string> Query::maybe_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<WallTime> Query::maybe_time(int column) const {
  return is_null(column) ? std::nullopt : std::optional(wall_time(column));
}

Digest Query::digest(int column) const {
  Digest digest{};
  const auto* const bytes =
      static_cast<const unsigned char*>(sqlite3_column_blob(statement_, column));
  if (bytes != nullptr &&
      sqlite3_column_bytes(statement_, column) == static_cast<int>(digest.size())) {
    std::copy_n(bytes, digest.size(), digest.begin());
  }
  return digest;
}

Look::Look(Database& database) : lock_(database.mutex_) {
  database.fault_.reset();
}

Change::Change(Database& database) : lock_(database.mutex_), database_(database) {
  database.fault_.reset();
  database.run("BEGIN IMMEDIATE");
  open_ = !database.fault_;
}

Change::~Change() {
  if (open_) {
    sqlite3_exec(database_.connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

bool Change::commit() {
  database_.run("COMMIT");
  open_ = open_ && database_.fault_.has_value();
  return !database_.fault_;
}

}  // namespace rl
