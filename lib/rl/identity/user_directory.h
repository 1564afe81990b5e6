#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/result.h"
#include "rl/identity/audit.h"
#include "rl/identity/change_marks.h"
#include "rl/identity/user_records.h"

namespace rl {

/// Why a directory did not do what was asked. Nothing has changed then.
struct DirectoryError {
  enum class Kind {
    kNotFound,  ///< no such user or key
    kConflict,  ///< the name is taken, the key is revoked, the version is another
    kFailed,    ///< the database cannot be read or written
  };
  Kind kind = Kind::kFailed;
  std::string message;
  std::string hint = {};
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

  /// Adds a line to the audit log, for changes that are made elsewhere.
  virtual DirectoryResult<void> record(const AuditEntry& entry) = 0;
  virtual DirectoryResult<std::vector<AuditEntry>> audit(const AuditQuery& query) const = 0;

  /// What lookups may not rely on any more.
  const ChangeMarks& marks() const { return marks_; }

 protected:
  ChangeMarks marks_;
};

}  // namespace rl
