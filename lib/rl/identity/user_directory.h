#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/result.h"
#include "rl/identity/audit.h"
#include "rl/identity/change_marks.h"
#include "rl/identity/entry.h"
#include "rl/identity/usage_log.h"
#include "rl/identity/user_records.h"

namespace rl {

/// Why a directory did not do what was asked. Nothing has changed then, but with kUnknown.
struct DirectoryError {
  enum class Kind {
    kNotFound,  ///< no such user or key
    kConflict,  ///< the name is taken, the key is revoked, the version is another
    kFailed,    ///< the database cannot be read or written
    kUnknown,   ///< it did not answer: the change was made or it was not
  };
  Kind kind = Kind::kFailed;
  std::string message;
  std::string hint = {};
  std::size_t entry = 0;  ///< of an import: which of its entries it is about, from 0
};

template <class T>
using DirectoryResult = Result<T, DirectoryError>;

/// The users and their API keys, in something that lasts. Every change is one step, with its line
/// in the audit log: both are there or neither, and once it returned it outlives a crash of the
/// process. What is given is well-formed: names, tiers and sizes have been checked. Safe from
/// several threads.
class UserDirectory {
 public:
  virtual ~UserDirectory() = default;

  virtual DirectoryResult<User> create_user(const NewUser& user, const Actor& by) = 0;
  virtual DirectoryResult<User> find_user(std::uint64_t id) const = 0;
  virtual DirectoryResult<std::vector<User>> list_users(const Page& page) const = 0;

  /// With an expected version, only while the user still has it.
  virtual DirectoryResult<User> set_tier(std::uint64_t id, const std::string& tier,
                                         std::optional<std::uint64_t> expected_version,
                                         const Actor& by) = 0;

  /// With all keys of the user; its id is not given again. Returns what the user was.
  virtual DirectoryResult<User> delete_user(std::uint64_t id, const Actor& by) = 0;

  virtual DirectoryResult<ApiKey> create_key(const NewKey& key, const Actor& by) = 0;
  virtual DirectoryResult<ApiKey> find_key(std::uint64_t id) const = 0;

  /// Of one user, or of all.
  virtual DirectoryResult<std::vector<ApiKey>> list_keys(std::optional<std::uint64_t> user_id,
                                                         const Page& page) const = 0;

  /// Ends the key at once, with all its secrets. To revoke it again changes nothing.
  virtual DirectoryResult<ApiKey> revoke_key(std::uint64_t id, const Actor& by) = 0;

  /// Gives the key another secret; those before it work until the end of the grace, or of an
  /// earlier one.
  virtual DirectoryResult<ApiKey> rotate_key(std::uint64_t id, const Rotation& rotation,
                                             const Actor& by) = 0;

  /// The key that has this secret, unless it is revoked; its expiry is the reader's to check.
  virtual DirectoryResult<std::optional<KeyMatch>> match(const Digest& digest) const = 0;

  /// The last ids that were given.
  virtual DirectoryResult<LastIds> last_ids() const = 0;

  /// The secrets that still work, of the keys with ids within [first, last]: a page of keys. In the
  /// order of the keys.
  virtual DirectoryResult<std::vector<StoredSecret>> list_secrets(std::uint64_t first,
                                                                  std::uint64_t last) const = 0;

  /// Takes over, all or nothing, what another directory had: at most kMaxImport entries, a user
  /// before its keys and a key before its secrets. What is there already and the same is left as it
  /// is, so that an import that broke off can be begun again. Conflict: an id, a name or a digest
  /// is that of another.
  virtual DirectoryResult<ImportCounts> import(const std::vector<Entry>& entries,
                                               const Actor& by) = 0;

  /// Adds a line to the audit log, for changes that are made elsewhere.
  virtual DirectoryResult<void> record(const AuditEntry& entry) = 0;

  /// The same for what all instances that share the directory see, each by itself: one line for
  /// all of them.
  virtual DirectoryResult<void> record_once(const AuditEntry& entry) { return record(entry); }

  virtual DirectoryResult<std::vector<AuditEntry>> audit(const AuditQuery& query) const = 0;

  /// Who used how much, in the same storage. The directory outlives it.
  virtual std::unique_ptr<UsageLog> usage_log() = 0;

  /// What lookups may not rely on any more.
  const ChangeMarks& marks() const { return marks_; }

 protected:
  ChangeMarks marks_;
};

}  // namespace rl
