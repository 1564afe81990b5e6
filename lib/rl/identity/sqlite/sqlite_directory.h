#pragma once

#include <memory>
#include <string>

#include "rl/identity/sqlite/database.h"
#include "rl/identity/user_directory.h"

namespace rl {

/// Users and keys in one SQLite file: one connection that changes it, one change at a time, and
/// another that reads beside it (write-ahead log). A commit is on the disk before it is told.
class SqliteDirectory final : public UserDirectory {
 public:
  /// Opens the file, or makes it. ":memory:" lasts as long as the object. The clock outlives it.
  static Result<std::unique_ptr<SqliteDirectory>> open(const std::string& path, const Clock& clock);

  DirectoryResult<User> create_user(const NewUser& user, const Actor& by) override;
  DirectoryResult<User> find_user(std::uint64_t id) const override;
  DirectoryResult<std::vector<User>> list_users(const Page& page) const override;
  DirectoryResult<User> set_tier(std::uint64_t id, const std::string& tier,
                                 std::optional<std::uint64_t> expected_version,
                                 const Actor& by) override;
  DirectoryResult<User> delete_user(std::uint64_t id, const Actor& by) override;

  DirectoryResult<ApiKey> create_key(const NewKey& key, const Actor& by) override;
  DirectoryResult<ApiKey> find_key(std::uint64_t id) const override;
  DirectoryResult<std::vector<ApiKey>> list_keys(std::optional<std::uint64_t> user_id,
                                                 const Page& page) const override;
  DirectoryResult<ApiKey> revoke_key(std::uint64_t id, const Actor& by) override;
  DirectoryResult<ApiKey> rotate_key(std::uint64_t id, const Rotation& rotation,
                                     const Actor& by) override;
  DirectoryResult<std::optional<KeyMatch>> match(const Digest& digest) const override;

  DirectoryResult<LastIds> last_ids() const override;
  DirectoryResult<std::vector<StoredSecret>> list_secrets(std::uint64_t first,
                                                          std::uint64_t last) const override;
  DirectoryResult<ImportCounts> import(const std::vector<Entry>& entries, const Actor& by) override;

  DirectoryResult<void> record(const AuditEntry& entry) override;
  DirectoryResult<std::vector<AuditEntry>> audit(const AuditQuery& query) const override;

  std::unique_ptr<UsageLog> usage_log() override;

 private:
  SqliteDirectory(std::unique_ptr<Database> writer, std::unique_ptr<Database> reader,
                  const Clock& clock)
      : clock_(clock),
        writer_(std::move(writer)),
        own_reader_(std::move(reader)),
        reader_(own_reader_ ? *own_reader_ : *writer_) {}

  std::optional<ApiKey> read_key(Database& database, std::uint64_t id) const;
  void read_secrets(Database& database, ApiKey& key) const;

  const Clock& clock_;
  const std::unique_ptr<Database> writer_;
  const std::unique_ptr<Database> own_reader_;  // nothing for a database in memory
  Database& reader_;
};

}  // namespace rl
