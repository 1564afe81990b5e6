#pragma once

namespace rl::test {

// One reply of each endpoint of the admin API, as the contract has it.

inline constexpr char kHealth[] = R"({"state": "DEGRADED", "version": 2, "source": "manual",
  "reason": "GPU pool at 98 %", "by": "admin", "since": "2026-01-01T00:00:00Z",
  "expires_at": "2026-01-01T00:15:00Z",
  "instances": [{"id": "a1", "version": 2, "state": "DEGRADED"},
                {"id": "b2", "version": 1, "state": "NORMAL"}]})";

inline constexpr char kHealthHistory[] = R"({"schema_version": 1, "records": [
  {"state": "NORMAL", "version": 1, "source": "default", "reason": "", "by": "",
   "since": "2026-01-01T00:00:00Z", "expires_at": null},
  {"state": "DEGRADED", "version": 2, "source": "manual", "reason": "GPU pool at 98 %",
   "by": "admin", "since": "2026-01-01T00:05:00Z", "expires_at": "2026-01-01T00:20:00Z"}]})";

inline constexpr char kTiers[] = R"({"schema_version": 1, "policy_version": 17,
  "source": "tiers.toml", "default_tier": "free", "anonymous_tier": null,
  "tiers": [
    {"name": "free", "description": "trial users", "shed_order": 1,
     "on_store_failure": "open", "unlimited": false,
     "limits": [{"name": "1m", "window": "1m", "scope": "key", "algorithm": "sliding_window",
                 "base": 10, "burst": 20, "degraded": 2, "enforce": true, "effective": 20},
                {"name": "day", "window": "1d", "scope": "user", "algorithm": "token_bucket",
                 "base": 100, "burst": 100, "degraded": 50, "enforce": false,
                 "effective": 100}]},
    {"name": "staff", "description": "", "shed_order": 9,
     "on_store_failure": null, "unlimited": true, "limits": []}],
  "global": [{"name": "1s", "window": "1s", "scope": "global", "algorithm": "sliding_window",
              "base": 5000, "burst": 5000, "degraded": 5000, "enforce": true,
              "effective": 5000}],
  "routes": [{"match": "POST /v1/transcribe", "cost": 5, "limits": []}],
  "rejected": {"at": "2026-01-01T00:00:00Z", "diagnostics": [
    {"file": "tiers.toml", "line": 3, "column": 1, "message": "unknown key \"x\"", "hint": ""}]}})";

inline constexpr char kUpdate[] = R"({"schema_version": 1, "previous_version": 17,
  "policy_version": 18, "dry_run": false, "changes": [
    {"kind": "changed", "where": "", "member": "default_tier", "before": "\"free\"",
     "after": "\"pro\""},
    {"kind": "changed", "where": "tiers.free.limits.1m", "member": "burst", "before": "20",
     "after": "30"},
    {"kind": "added", "where": "tiers.gold", "member": "", "before": "", "after": "unlimited"}]})";

inline constexpr char kHistory[] = R"({"schema_version": 1, "revisions": [
  {"version": 17, "at": "2026-01-01T00:00:00Z", "cause": "start", "changes": 0, "tiers": 2},
  {"version": 18, "at": "2026-01-01T00:05:00Z", "cause": "apply by admin@127.0.0.1",
   "changes": 3, "tiers": 3}]})";

inline constexpr char kAllowed[] = R"({"schema_version": 1, "allowed": true, "tier": "free",
  "user_id": 1, "key_id": "k1", "cost": 1, "state": "NORMAL", "health_version": 1,
  "policy_version": 17, "store": "memory", "consumed": false, "binding": "1m",
  "retry_after_seconds": null,
  "limits": [{"name": "1m", "limit": 20, "remaining": 19, "reset_seconds": 60, "allowed": true,
              "enforce": true, "retry_after_seconds": null},
             {"name": "day", "limit": 100, "remaining": 0, "reset_seconds": 90,
              "allowed": false, "enforce": false, "retry_after_seconds": 90}]})";

inline constexpr char kDenied[] = R"({"schema_version": 1, "allowed": false, "tier": "free",
  "user_id": 1, "key_id": null, "cost": 3, "state": "DEGRADED", "health_version": 2,
  "policy_version": 17, "store": "memory", "consumed": false, "binding": "1m",
  "retry_after_seconds": 7,
  "limits": [{"name": "1m", "limit": 3, "remaining": 0, "reset_seconds": 7, "allowed": false,
              "enforce": true, "retry_after_seconds": 7}]})";

inline constexpr char kUser[] = R"({"id": 1, "name": "alice", "tier": "pro", "version": 2,
  "created": "2026-01-01T00:00:00Z"})";

inline constexpr char kUsers[] = R"({"users": [
  {"id": 1, "name": "alice", "tier": "pro", "version": 2, "created": "2026-01-01T00:00:00Z"},
  {"id": 7, "name": "bob", "tier": "free", "version": 1, "created": "2026-01-02T00:00:00Z"}],
  "next_after": 7})";

inline constexpr char kQuota[] = R"({"schema_version": 1, "allowed": true, "tier": "pro",
  "user_id": 1, "state": "NORMAL",
  "limits": [{"name": "1m", "limit": 150, "remaining": 150, "reset_seconds": 0, "allowed": true,
              "enforce": true, "retry_after_seconds": null}],
  "keys": [{"key_id": "k1", "tier": "free", "allowed": false,
            "limits": [{"name": "1m", "limit": 20, "remaining": 0, "reset_seconds": 60,
                        "allowed": false, "enforce": true, "retry_after_seconds": 45}]},
           {"key_id": "k2", "tier": "staff", "allowed": true, "limits": []}]})";

inline constexpr char kKey[] = R"({"schema_version": 1, "id": "k1", "user_id": 1, "name": "ci",
  "tier": "free", "state": "active", "created": "2026-01-01T00:00:00Z",
  "expires_at": "2026-04-01T00:00:00Z", "revoked_at": null,
  "secrets": [{"prefix": "rlk_abcd", "last_four": "wxyz", "created": "2026-01-02T00:00:00Z",
               "expires_at": null},
              {"prefix": "rlk_efgh", "last_four": "stuv", "created": "2026-01-01T00:00:00Z",
               "expires_at": "2026-01-03T00:00:00Z"}],
  "secret": "rlk_abcd-in-a-sample-wxyz"})";

inline constexpr char kKeys[] = R"({"schema_version": 1, "keys": [
  {"id": "k3", "user_id": 1, "name": "", "tier": null, "state": "revoked",
   "created": "2026-01-01T00:00:00Z", "expires_at": null, "revoked_at": "2026-01-02T00:00:00Z",
   "secrets": []}], "next_after": null})";

inline constexpr char kAudit[] = R"({"schema_version": 1, "entries": [
  {"id": 3, "at": "2026-01-01T00:01:30Z", "actor": "admin", "origin": "127.0.0.1",
   "action": "user.set-tier", "subject": "user 1", "before": "name alice, tier free",
   "after": "name alice, tier pro"}], "next_before": null})";

inline constexpr char kSnapshot[] = R"({"schema_version": 1, "version": "0.1.0",
  "instance": "a1", "uptime_seconds": 3712, "dev": true,
  "listeners": {"data": "127.0.0.1:8080", "admin": "127.0.0.1:8081"},
  "health": {"state": "NORMAL", "version": 1, "source": "default", "reason": "", "by": "",
             "since": "2026-01-01T00:00:00Z", "expires_at": null},
  "policy": {"version": 17, "source": "tiers.toml", "tiers": 2, "loaded": 16, "refused": 1,
             "file_faults": 0},
  "store": {"kind": "memory", "buckets": 3, "max_buckets": 1000000, "bytes": 1572864,
            "max_bytes": 1073741824, "evicted_live": 0, "expired": 0},
  "fleet": {"shared": false, "reachable": true, "subscribed": false, "by_message": 0,
            "by_poll": 0, "written_back": 0, "reconnects": 0,
            "instances": [{"id": "a1", "version": "0.1.0", "data": "127.0.0.1:8080",
                           "admin": "127.0.0.1:8081", "policy_version": 17,
                           "health_version": 1, "state": "NORMAL"}]},
  "decisions": {"allowed": 10, "denied": 2, "unauthenticated": 4,
                "by_tier": {"free": {"allowed": 9, "denied": 2},
                            "staff": {"allowed": 1, "denied": 0}}},
  "rates": {"window_seconds": 10, "requests_per_second": 1.5, "denied_per_second": 0.25}})";

}  // namespace rl::test
