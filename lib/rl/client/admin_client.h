#pragma once

#include <optional>
#include <string>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/client/admin_error.h"
#include "rl/client/admin_records.h"
#include "rl/client/http_connection.h"

namespace rl::client {

/// The admin API of one server, over one connection that is opened when first used.
/// Not safe from several threads.
class AdminClient {
 public:
  /// `token` goes with every request, unless it is empty; it never appears in an error. `timeout`
  /// bounds connecting, and each read and write. Plain HTTP without options for TLS.
  AdminClient(const Address& admin, const std::string& token, Micros timeout,
              const std::optional<TlsOptions>& tls = {});

  AdminResult<HealthRecord> health();
  AdminResult<HealthRecord> set_health(const HealthChange& change);
  AdminResult<HealthHistory> health_history();
  AdminResult<PolicyRecord> tiers();

  /// Puts the text of a tiers file in force.
  AdminResult<UpdateRecord> apply_tiers(const std::string& text, const TiersChange& how);

  /// Has the server read its tiers file again.
  AdminResult<UpdateRecord> reload_tiers(const TiersChange& how);

  /// Goes back to what was in force as that version.
  AdminResult<UpdateRecord> roll_back_tiers(std::uint64_t version, const TiersChange& how);
  AdminResult<HistoryRecord> tiers_history();

  AdminResult<CheckReply> check(const CheckRequest& request);
  AdminResult<Snapshot> snapshot();

  /// An empty tier is the policy's default.
  AdminResult<UserRecord> create_user(const std::string& name, const std::string& tier);

  /// A page of at most 1000.
  AdminResult<UserList> users(std::uint64_t after);
  AdminResult<UserRecord> user(std::uint64_t id);
  AdminResult<UserRecord> set_tier(std::uint64_t id, const std::string& tier);
  AdminResult<UserRecord> delete_user(std::uint64_t id);
  AdminResult<QuotaRecord> quota(std::uint64_t id);

  AdminResult<KeyRecord> create_key(const NewKey& key);

  /// A page of at most 1000, of one user or of all. A key is named as "k1".
  AdminResult<KeyList> keys(std::optional<std::uint64_t> user_id, std::uint64_t after);
  AdminResult<KeyRecord> key(const std::string& id);
  AdminResult<KeyRecord> rotate_key(const std::string& id, std::chrono::seconds grace);
  AdminResult<KeyRecord> revoke_key(const std::string& id);

  /// A page of at most 1000 users or keys ("users", "keys") as JSON lines, or with "ids" the one
  /// line that begins an export.
  AdminResult<std::string> export_lines(const std::string& part, std::uint64_t after);

  /// Lines of an export, at most 1000, all or none; `first_line` says where in their file they are.
  AdminResult<ImportRecord> import_lines(const std::string& lines, std::uint64_t first_line);

  AdminResult<UsageRecord> usage(const UsageQuery& query);

  /// At most 100.
  AdminResult<TopRecord> top(std::uint32_t most);

  /// A page of at most 1000 changes from that second (since 1970 UTC) on, before that entry.
  AdminResult<AuditList> audit(std::int64_t since, std::optional<std::uint64_t> before);

 private:
  /// The body of a reply that says yes.
  AdminResult<std::string> ask_text(HttpRequest request);
  template <class Record>
  AdminResult<Record> ask(const HttpRequest& request);

  /// What a reply to `target` that is not 200 means.
  Failure<AdminError> refusal(const std::string& target, const HttpReply& reply) const;
  Failure<AdminError> not_admin(const std::string& why) const;

  std::string peer_;
  std::string authorization_;  ///< the field's value; empty: no token
  HttpConnection connection_;
};

}  // namespace rl::client
