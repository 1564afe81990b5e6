#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rl/base/log.h"
#include "rl/identity/redis/change_feed.h"
#include "rl/identity/user_directory.h"
#include "rl/redis/link_pool.h"

namespace rl {

namespace redis {
class Fields;
}

/// Users and keys in a Redis that all instances of a fleet share. Each change is one run of a
/// script (directory.lua) with its line in the audit log; the other instances follow it within a
/// second (change_feed.h). Without Redis a lookup fails within `lookup_deadline` and a change
/// within `change_deadline`; what caches remember is good for `trusted_for` after the last word
/// from Redis. A change that Redis begins after its deadline does nothing; one whose answer was
/// lost fails as kUnknown. Not for a Redis Cluster: the script touches keys of many slots. Safe
/// from several threads.
class RedisDirectory final : public UserDirectory {
 public:
  struct Options {
    RedisUrl url;
    std::string prefix = "rl:1:";  ///< of all keys; separates environments
    Micros lookup_deadline = std::chrono::milliseconds{100};
    Micros change_deadline = std::chrono::seconds{2};
    Micros trusted_for = std::chrono::minutes{5};
  };

  /// Clock (calendar time) and log outlive it. Does not wait for Redis.
  RedisDirectory(Options options, const Clock& clock, const Log& log);
  ~RedisDirectory() override;

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
  /// Looks among the last hundred entries for one with the same actor, action and subject.
  DirectoryResult<void> record_once(const AuditEntry& entry) override;
  DirectoryResult<std::vector<AuditEntry>> audit(const AuditQuery& query) const override;

  std::unique_ptr<UsageLog> usage_log() override;

 private:
  using Texts = std::vector<std::string>;
  using Answer = DirectoryResult<redis::Fields>;

  /// Runs an operation of the script.
  Answer run(std::string operation, Texts arguments, const Actor& by, WallTime at,
             Micros within) const;
  Answer look_up(std::string operation, Texts arguments) const;
  Answer change(std::string operation, Texts arguments, const Actor& by) const;
  DirectoryResult<void> record_by(std::string operation, const AuditEntry& entry) const;

  /// What a change of a user came to, told to those who remember it.
  template <class T>
  DirectoryResult<T> told(DirectoryResult<T> result, std::uint64_t user_id) {
    // The feed tells this as well, a moment later: here it counts from the answer on.
    if (result && user_id != 0) {
      marks_.user_changed(user_id);
    } else if (!result && result.error().kind == DirectoryError::Kind::kUnknown) {
      marks_.everything_changed();
    }
    return result;
  }

  const Options options_;
  const Clock& clock_;
  const SystemClock system_clock_;  // a socket lives in real time
  mutable redis::LinkPool pool_;
  redis::ChangeFeed feed_;  // last: it uses the marks
};

}  // namespace rl
