#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rl/client/store_records.h"
#include "rl/config/diagnostic.h"
#include "rl/limit/rule.h"

namespace rl::client {

// What the admin API answers, member by member. Points of time are RFC 3339 in UTC, as sent: they
// are only shown. Words that a newer server may add to (source, scope, algorithm) stay text.

/// What one instance of the fleet reported last.
struct InstanceHealth {
  std::string id;
  std::uint64_t version = 0;
  HealthState state = HealthState::kNormal;
  std::string store;  ///< what counts there: "redis" or "fallback"; empty: no shared store
};

/// The health of the fleet: `GET /system/health`.
struct HealthRecord {
  HealthState state = HealthState::kNormal;
  std::uint64_t version = 0;
  std::string source;  ///< "default", "manual" or "auto"
  std::string reason;  ///< may be empty
  std::string by;      ///< who set it; may be empty
  std::string since;
  std::optional<std::string> expires_at;   ///< nothing: stays until it is set again
  std::vector<InstanceHealth> instances;   ///< empty inside a Snapshot
  std::optional<SharedStoreRecord> store;  ///< nothing: none is shared, or inside a Snapshot
};

/// A change of the health: `POST /system/health`.
struct HealthChange {
  HealthState state = HealthState::kNormal;
  std::optional<std::chrono::seconds> ttl = {};  ///< after it the fleet is NORMAL again
  std::string reason = {};
  bool direct = false;  ///< on this instance alone, whether the others can be told or not
};

/// The changes of the health, the oldest first: `GET /admin/v1/health/history`.
struct HealthHistory {
  std::vector<HealthRecord> records;
};

/// One instance of the fleet.
struct InstanceRecord {
  std::string id;
  std::string version;  ///< of the program
  std::string data;     ///< its listeners
  std::string admin;
  std::uint64_t policy_version = 0;
  std::uint64_t health_version = 0;
  HealthState state = HealthState::kNormal;
  std::optional<InstanceStore> store = {};  ///< nothing: it shares none, or does not tell
};

/// How an instance and the others know of each other, and what came that way since it started.
struct FleetSummary {
  bool shared = false;      ///< whether there can be others
  bool reachable = false;   ///< whether they can be told of a change now
  bool subscribed = false;  ///< whether it is told of theirs at once
  std::uint64_t by_message = 0;
  std::uint64_t by_poll = 0;
  std::uint64_t written_back = 0;
  std::uint64_t reconnects = 0;
  std::vector<InstanceRecord> instances;  ///< that are present, this one among them
};

struct LimitRecord {
  std::string name;
  std::string window;  ///< "1m"
  std::string scope;
  std::string algorithm;
  std::uint32_t base = 0;
  std::uint32_t burst = 0;
  std::uint32_t degraded = 0;
  bool enforce = true;
  std::uint32_t effective = 0;  ///< in force when the server answered
};

struct TierRecord {
  std::string name;
  std::string description;
  int shed_order = 0;
  std::optional<std::string> on_store_failure;  ///< nothing: as the server was told
  bool unlimited = false;
  std::vector<LimitRecord> limits;
};

struct RouteRecord {
  std::string match;
  std::uint32_t cost = 1;
  std::vector<LimitRecord> limits;
};

/// A tiers file that is not in force because of its faults.
struct RejectedRecord {
  std::string at;
  Diagnostics diagnostics;
};

/// The policy in force: `GET /admin/v1/tiers`.
struct PolicyRecord {
  std::uint64_t policy_version = 0;
  std::string source;
  std::string default_tier;
  std::optional<std::string> anonymous_tier;
  std::vector<TierRecord> tiers;
  std::vector<LimitRecord> global;
  std::vector<RouteRecord> routes;
  std::optional<RejectedRecord> rejected;  ///< nothing: the file is what is in force
};

/// How to change the policy.
struct TiersChange {
  bool dry_run = false;    ///< only tell what would change
  bool overwrite = false;  ///< also a file that was changed and is not in force
};

struct ChangeRecord {
  std::string kind;    ///< "added", "removed", "changed"
  std::string where;   ///< "tiers.free.limits.1m"
  std::string member;  ///< "burst"; empty: the whole
  std::string before;
  std::string after;
};

/// What came of a change of the policy: `PUT /admin/v1/tiers`, `…/reload`, `…/rollback`.
struct UpdateRecord {
  std::uint64_t previous_version = 0;
  std::uint64_t policy_version = 0;  ///< in force now
  bool dry_run = false;
  std::vector<ChangeRecord> changes;
};

struct RevisionRecord {
  std::uint64_t version = 0;
  std::string at;
  std::string cause;
  std::uint64_t changes = 0;  ///< against the one before
  std::uint64_t tiers = 0;
};

/// The policies that were in force: `GET /admin/v1/tiers/history`.
struct HistoryRecord {
  std::vector<RevisionRecord> revisions;  ///< from the oldest to the one in force
};

/// The faults of a tiers file, in the problem that tells of them.
struct FaultsRecord {
  Diagnostics diagnostics;
};

/// Whether a request would pass: `POST /admin/v1/check`. Give either a key or a user.
struct CheckRequest {
  std::string key = {};
  std::optional<std::uint64_t> user_id = {};
  std::optional<std::uint32_t> cost = {};  ///< nothing: that of the route
  std::string route = {};                  ///< "GET /test"; empty: the server's default
  bool consume = false;                    ///< true: the units are taken
};

struct CheckedLimit {
  std::string name;
  std::uint32_t limit = 0;
  std::uint32_t remaining = 0;
  std::chrono::seconds reset_seconds{};
  bool allowed = false;
  bool enforce = true;
  std::optional<std::chrono::seconds> retry_after_seconds;
};

struct CheckReply {
  bool allowed = false;
  std::string tier;
  std::uint64_t user_id = 0;
  std::optional<std::string> key_id;
  std::uint32_t cost = 0;
  HealthState state = HealthState::kNormal;
  std::uint64_t health_version = 0;
  std::uint64_t policy_version = 0;
  std::string store;
  bool consumed = false;
  std::optional<std::string> binding;                       ///< the name of the binding rule
  std::optional<std::chrono::seconds> retry_after_seconds;  ///< nothing on a denial: never
  std::vector<CheckedLimit> limits;
};

/// An account: `GET /users/{id}`.
struct UserRecord {
  std::uint64_t id = 0;
  std::string name;
  std::string tier;
  std::uint64_t version = 0;  ///< rises with every change
  std::string created;
};

/// A page of the users: `GET /users`.
struct UserList {
  std::vector<UserRecord> users;
  std::optional<std::uint64_t> next_after;  ///< nothing: it was the last page
};

/// What one key of a user has left.
struct KeyQuota {
  std::string key_id;
  std::string tier;
  bool allowed = false;
  std::vector<CheckedLimit> limits;
};

/// What a user has left: `GET /users/{id}/quota`.
struct QuotaRecord {
  bool allowed = false;
  std::string tier;
  std::uint64_t user_id = 0;
  HealthState state = HealthState::kNormal;
  std::vector<CheckedLimit> limits;  ///< of requests that are recorded for the user
  std::vector<KeyQuota> keys;
};

struct SecretRecord {
  std::string prefix;
  std::string last_four;
  std::string created;
  std::optional<std::string> expires_at;  ///< the end of its grace
};

/// An API key: `GET /admin/v1/keys/{id}`.
struct KeyRecord {
  std::string id;
  std::uint64_t user_id = 0;
  std::string name;
  std::optional<std::string> tier;  ///< in place of the user's
  std::string state;                ///< "active", "expired" or "revoked"
  std::string created;
  std::optional<std::string> expires_at;
  std::optional<std::string> revoked_at;
  std::vector<SecretRecord> secrets;  ///< those that still work, the newest first
  std::string secret;                 ///< in the answer to what made it, otherwise empty
};

/// A page of the keys: `GET /admin/v1/keys`.
struct KeyList {
  std::vector<KeyRecord> keys;
  std::optional<std::uint64_t> next_after;  ///< nothing: it was the last page
};

/// A new key: `POST /admin/v1/keys`.
struct NewKey {
  std::uint64_t user_id = 0;
  std::string name = {};
  std::string tier = {};  ///< empty: the user's
  std::optional<std::chrono::seconds> ttl = {};
};

/// What an import did: `POST /admin/v1/import`.
struct ImportRecord {
  std::uint64_t made = 0;
  std::uint64_t unchanged = 0;             ///< there already, and the same
  std::vector<std::string> unknown_tiers;  ///< not in the policy: the default tier counts there
};

struct UsageTotals {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
};

struct UsageBucket {
  std::string at;  ///< its begin
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
};

/// What a key or a user asked for over time: `GET /admin/v1/usage`.
struct UsageRecord {
  std::optional<std::string> key_id;  ///< nothing: it is of the user
  std::optional<std::uint64_t> user_id;
  std::string since;
  std::chrono::seconds step_seconds{};   ///< of a bucket
  std::optional<std::string> last_used;  ///< of a key
  UsageTotals total;
  std::vector<UsageBucket> buckets;  ///< those with requests, oldest first
};

/// What to read of a usage.
struct UsageQuery {
  std::string key = {};  ///< "k1"; empty: of the user
  std::uint64_t user = 0;
  std::chrono::seconds time = std::chrono::hours{1};  ///< how far back
  std::chrono::seconds step = std::chrono::minutes{1};
};

struct LoudRecord {
  std::optional<std::string> key_id;  ///< nothing: recorded for the user without a key
  std::uint64_t user_id = 0;
  double requests_per_second = 0;
  double denied_per_second = 0;
};

/// Who asks most at one instance: `GET /admin/v1/top`.
struct TopRecord {
  std::chrono::seconds window_seconds{};
  std::vector<LoudRecord> loudest;
};

struct AuditRecord {
  std::uint64_t id = 0;
  std::string at;
  std::string actor;
  std::string origin;
  std::string action;
  std::string subject;
  std::string before;
  std::string after;
};

/// A page of the audit log, the latest first: `GET /admin/v1/audit`.
struct AuditList {
  std::vector<AuditRecord> entries;
  std::optional<std::uint64_t> next_before;  ///< nothing: it was the last page
};

struct ListenerRecord {
  std::string data;
  std::string admin;
};

struct PolicySummary {
  std::uint64_t version = 0;
  std::string source;
  std::uint64_t tiers = 0;
  std::uint64_t loaded = 0;       ///< how often another policy was put in force
  std::uint64_t refused = 0;      ///< how often one had faults
  std::uint64_t file_faults = 0;  ///< of the file as it is; 0: it is in force
};

struct StoreSummary {
  std::string kind;
  std::uint64_t buckets = 0;
  std::uint64_t max_buckets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t evicted_live = 0;
  std::uint64_t expired = 0;
  std::optional<SharedStoreRecord> shared;  ///< nothing: none is shared
};

struct TierDecisions {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
};

/// Totals since the instance started.
struct DecisionTotals {
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
  std::uint64_t unauthenticated = 0;
  std::map<std::string, TierDecisions> by_tier;
};

struct Rates {
  std::chrono::seconds window_seconds{};  ///< the time that the rates are the mean of
  double requests_per_second = 0;
  double denied_per_second = 0;
};

/// One instance at a glance: `GET /admin/v1/snapshot`.
struct Snapshot {
  std::string version;
  std::string instance;
  std::chrono::seconds uptime_seconds{};
  bool dev = false;
  ListenerRecord listeners;
  HealthRecord health;
  PolicySummary policy;
  StoreSummary store;
  FleetSummary fleet;
  DecisionTotals decisions;
  Rates rates;
};

}  // namespace rl::client
