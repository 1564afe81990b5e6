#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "rl/base/clock.h"
#include "rl/base/result.h"
#include "rl/identity/digest.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rl {

/// One connection to an SQLite file. The first failure of a statement is kept as its fault until
/// the next Change or Look begins, and the statements after it do nothing: a run of them is checked
/// once, at its end. Not safe from several threads; its users hold the mutex.
class Database {
 public:
  /// Opens the file, which is made when it is not there (mode 0600); ":memory:" is a database of
  /// this connection alone.
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements without parameters and results.
  void run(const char* sql);

  std::int64_t last_insert_id() const;
  const std::optional<Error>& fault() const { return fault_; }

  std::mutex& mutex() { return mutex_; }

 private:
  friend class Query;
  friend class Look;
  friend class Change;

  struct CloseConnection {
    void operator()(sqlite3* connection) const;
  };
  struct DropStatement {
    void operator()(sqlite3_stmt* statement) const;
  };

  explicit Database(sqlite3* connection) : connection_(connection) {}

  sqlite3_stmt* prepared(std::string_view sql);
  void fail_with_last_error();

  std::unique_ptr<sqlite3, CloseConnection> connection_;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, DropStatement>, std::less<>> statements_;
  std::optional<Error> fault_;
  std::mutex mutex_;
};

/// One run of a statement: its parameters, then its rows. The text is prepared once for the
/// connection, and values only ever go in as parameters.
class Query {
 public:
  template <class... Values>
  Query(Database& database, std::string_view sql, const Values&... values)
      : database_(database), statement_(database.prepared(sql)) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Goes to the next row; false after the last one and after a fault.
  bool next();

  /// For statements without rows.
  void run() { next(); }

  // The columns of the row, from 0.
  std::uint64_t number(int column) const;
  std::string text(int column) const;
  WallTime wall_time(int column) const;
  bool is_null(int column) const;
  std::optional<std::string> maybe_text(int column) const;
  std::optional<WallTime> maybe_time(int column) const;
  Digest digest(int column) const;  ///< zeros when it is something else

 private:
  void bind(std::uint64_t value);
  void bind(std::string_view value);
  void bind(WallTime value);
  void bind(const Digest& value);
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) {
      bind(*value);
    } else {
      ++parameter_;  // NULL, as every parameter is that nothing was bound to
    }
  }
  void check(int result);

  Database& database_;
  sqlite3_stmt* const statement_;  // nullptr: the connection has a fault
  int parameter_ = 0;
};

/// Holds the connection for reading.
class Look {
 public:
  explicit Look(Database& database);

 private:
  std::lock_guard<std::mutex> lock_;
};

/// Holds the connection for one change: all of it with commit(), otherwise nothing.
class Change {
 public:
  explicit Change(Database& database);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  /// Whether it is there to stay; otherwise the connection has a fault.
  bool commit();

 private:
  std::lock_guard<std::mutex> lock_;
  Database& database_;
  bool open_;
};

}  // namespace rl
