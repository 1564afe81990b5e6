#include "rl/identity/sqlite/sqlite_usage.h"

#include <fmt/core.h>

namespace rl {
namespace {

std::string owner_of(const UsageOf& of) {
  return fmt::format("{}{}", of.kind == UsageOf::Kind::kKey ? 'k' : 'u', of.id);
}

/// Calendar time before 1970 is no time that requests are counted at.
std::uint64_t row_number(std::int64_t minute) {
  return minute < 0 ? 0 : static_cast<std::uint64_t>(minute);
}

}  // namespace

Result<void, UsageFailure> SqliteUsage::add(const std::vector<UsageCount>& counts, WallTime now) {
  Change change(writer_);
  for (const UsageCount& count : counts) {
    if (count.owner.key != 0) {
      add_row(owner_of({.kind = UsageOf::Kind::kKey, .id = count.owner.key}), count);
      Query(writer_, "UPDATE keys SET last_used = max(coalesce(last_used, 0), ?2) WHERE id = ?1",
            count.owner.key, count.last)
          .run();
    }
  }
  for (const UsageCount& count : by_user(counts)) {
    add_row(owner_of({.kind = UsageOf::Kind::kUser, .id = count.owner.user}), count);
  }
  let_go(now);
  if (!change.commit()) {
    // A commit that fails is rolled back: nothing of it is there.
    return fail_with(UsageFailure{.repeat = true, .error = *writer_.fault()});
  }
  return {};
}

void SqliteUsage::add_row(const std::string& owner, const UsageCount& count) {
  Query(writer_,
        "INSERT INTO usage (owner, minute, allowed, denied) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (owner, minute) DO UPDATE SET allowed = allowed + excluded.allowed,"
        " denied = denied + excluded.denied",
        owner, row_number(count.minute), count.totals.allowed, count.totals.denied)
      .run();
}

void SqliteUsage::let_go(WallTime now) {
  const auto oldest =
      std::chrono::floor<std::chrono::minutes>(now.time_since_epoch() - kUsageKept).count();
  Query(writer_, "DELETE FROM usage WHERE minute < ?1", row_number(oldest)).run();
  for (;;) {
    Query size(writer_, "SELECT rows FROM usage_size");
    if (!size.next() || size.number(0) <= most_rows_) {
      return;
    }
    Query(writer_, "DELETE FROM usage WHERE minute = (SELECT min(minute) FROM usage)").run();
  }
}

Result<std::vector<UsageMinute>> SqliteUsage::minutes(const UsageOf& of,
                                                      const MinuteRange& range) const {
  const Look look(reader_);
  std::vector<UsageMinute> minutes;
  Query rows(reader_,
             "SELECT minute, allowed, denied FROM usage WHERE owner = ?1 AND minute BETWEEN ?2 AND"
             " ?3 ORDER BY minute",
             owner_of(of), row_number(range.first), row_number(range.last));
  while (rows.next()) {
    minutes.push_back({.minute = static_cast<std::int64_t>(rows.number(0)),
                       .totals = {.allowed = rows.number(1), .denied = rows.number(2)}});
  }
  if (reader_.fault()) {
    return fail_with(*reader_.fault());
  }
  return minutes;
}

Result<std::optional<WallTime>> SqliteUsage::last_use(std::uint64_t key_id) const {
  const Look look(reader_);
  Query row(reader_, "SELECT last_used FROM keys WHERE id = ?1", key_id);
  if (row.next()) {
    return row.maybe_time(0);
  }
  if (reader_.fault()) {
    return fail_with(*reader_.fault());
  }
  return std::optional<WallTime>();
}

}  // namespace rl
