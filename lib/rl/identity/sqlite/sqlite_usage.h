#pragma once

#include <string>

#include "rl/identity/sqlite/database.h"
#include "rl/identity/usage_log.h"

namespace rl {

/// Usage in the tables beside the users, over the connections of a SqliteDirectory, which outlives
/// it.
class SqliteUsage final : public UsageLog {
 public:
  /// The most rows, each one minute of one user or key; the oldest minutes leave first. About 60
  /// bytes each.
  static constexpr std::uint64_t kMostRows = 2'000'000;

  SqliteUsage(Database& writer, Database& reader, std::uint64_t most_rows = kMostRows)
      : writer_(writer), reader_(reader), most_rows_(most_rows) {}

  Result<void, UsageFailure> add(const std::vector<UsageCount>& counts, WallTime now) override;
  Result<std::vector<UsageMinute>> minutes(const UsageOf& of,
                                           const MinuteRange& range) const override;
  Result<std::optional<WallTime>> last_use(std::uint64_t key_id) const override;

 private:
  void add_row(const std::string& owner, const UsageCount& count);
  void let_go(WallTime now);

  Database& writer_;
  Database& reader_;
  const std::uint64_t most_rows_;
};

}  // namespace rl
