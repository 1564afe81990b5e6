#pragma once

#include <concepts>
#include <type_traits>

#include "rl/client/admin_records.h"

namespace rl::client {

template <class R, class Record>
concept Like = std::same_as<std::remove_const_t<R>, Record>;

// The members of each record under their JSON names, told to `field` one by one: the one list for
// reading and writing. `field.maybe` marks a member that need not be there.

void fields(Like<InstanceHealth> auto& r, auto& field) {
  field("id", r.id);
  field("version", r.version);
  field("state", r.state);
  field.maybe("store", r.store);
}

void fields(Like<SharedStoreRecord> auto& r, auto& field) {
  field("reachable", r.reachable);
  field("breaker", r.breaker);
  field("call_p50_us", r.call_p50_us);
  field("call_p99_us", r.call_p99_us);
  field("queued", r.queued);
  field("clock_ahead_us", r.clock_ahead_us);
  field("instances", r.instances);
  field("calls", r.calls);
  field("asked", r.asked);
  field("known_denials", r.known_denials);
  field("fallback", r.fallback);
  field("late", r.late);
  field("unreachable", r.unreachable);
  field("refused", r.refused);
  field("overflow", r.overflow);
}

void fields(Like<InstanceStore> auto& r, auto& field) {
  field("kind", r.kind);
  field("call_p99_us", r.call_p99_us);
  field("fallback", r.fallback);
}

void fields(Like<HealthRecord> auto& r, auto& field) {
  field("state", r.state);
  field("version", r.version);
  field("source", r.source);
  field("reason", r.reason);
  field("by", r.by);
  field("since", r.since);
  field("expires_at", r.expires_at);
  field.maybe("instances", r.instances);
  field.maybe("store", r.store);
}

void fields(Like<HealthHistory> auto& r, auto& field) {
  field("records", r.records);
}

void fields(Like<InstanceRecord> auto& r, auto& field) {
  field("id", r.id);
  field("version", r.version);
  field("data", r.data);
  field("admin", r.admin);
  field("policy_version", r.policy_version);
  field("health_version", r.health_version);
  field("state", r.state);
  field.maybe("store", r.store);
}

void fields(Like<FleetSummary> auto& r, auto& field) {
  field("shared", r.shared);
  field("reachable", r.reachable);
  field("subscribed", r.subscribed);
  field("by_message", r.by_message);
  field("by_poll", r.by_poll);
  field("written_back", r.written_back);
  field("reconnects", r.reconnects);
  field("instances", r.instances);
}

void fields(Like<LimitRecord> auto& r, auto& field) {
  field("name", r.name);
  field("window", r.window);
  field("scope", r.scope);
  field("algorithm", r.algorithm);
  field("base", r.base);
  field("burst", r.burst);
  field("degraded", r.degraded);
  field("enforce", r.enforce);
  field("effective", r.effective);
}

void fields(Like<TierRecord> auto& r, auto& field) {
  field("name", r.name);
  field("description", r.description);
  field("shed_order", r.shed_order);
  field("on_store_failure", r.on_store_failure);
  field("unlimited", r.unlimited);
  field("limits", r.limits);
}

void fields(Like<RouteRecord> auto& r, auto& field) {
  field("match", r.match);
  field("cost", r.cost);
  field("limits", r.limits);
}

void fields(Like<Diagnostic> auto& r, auto& field) {
  field("file", r.file);
  field("line", r.line);
  field("column", r.column);
  field("message", r.message);
  field("hint", r.hint);
}

void fields(Like<FaultsRecord> auto& r, auto& field) {
  field("diagnostics", r.diagnostics);
}

void fields(Like<RejectedRecord> auto& r, auto& field) {
  field("at", r.at);
  field("diagnostics", r.diagnostics);
}

void fields(Like<ChangeRecord> auto& r, auto& field) {
  field("kind", r.kind);
  field("where", r.where);
  field("member", r.member);
  field("before", r.before);
  field("after", r.after);
}

void fields(Like<UpdateRecord> auto& r, auto& field) {
  field("previous_version", r.previous_version);
  field("policy_version", r.policy_version);
  field("dry_run", r.dry_run);
  field("changes", r.changes);
}

void fields(Like<RevisionRecord> auto& r, auto& field) {
  field("version", r.version);
  field("at", r.at);
  field("cause", r.cause);
  field("changes", r.changes);
  field("tiers", r.tiers);
}

void fields(Like<HistoryRecord> auto& r, auto& field) {
  field("revisions", r.revisions);
}

void fields(Like<PolicyRecord> auto& r, auto& field) {
  field("policy_version", r.policy_version);
  field("source", r.source);
  field("default_tier", r.default_tier);
  field("anonymous_tier", r.anonymous_tier);
  field("tiers", r.tiers);
  field("global", r.global);
  field("routes", r.routes);
  field("rejected", r.rejected);
}

void fields(Like<CheckedLimit> auto& r, auto& field) {
  field("name", r.name);
  field("limit", r.limit);
  field("remaining", r.remaining);
  field("reset_seconds", r.reset_seconds);
  field("allowed", r.allowed);
  field("enforce", r.enforce);
  field("retry_after_seconds", r.retry_after_seconds);
}

void fields(Like<CheckReply> auto& r, auto& field) {
  field("allowed", r.allowed);
  field("tier", r.tier);
  field("user_id", r.user_id);
  field("key_id", r.key_id);
  field("cost", r.cost);
  field("state", r.state);
  field("health_version", r.health_version);
  field("policy_version", r.policy_version);
  field("store", r.store);
  field("consumed", r.consumed);
  field("binding", r.binding);
  field("retry_after_seconds", r.retry_after_seconds);
  field("limits", r.limits);
}

void fields(Like<UserRecord> auto& r, auto& field) {
  field("id", r.id);
  field("name", r.name);
  field("tier", r.tier);
  field("version", r.version);
  field("created", r.created);
}

void fields(Like<UserList> auto& r, auto& field) {
  field("users", r.users);
  field("next_after", r.next_after);
}

void fields(Like<KeyQuota> auto& r, auto& field) {
  field("key_id", r.key_id);
  field("tier", r.tier);
  field("allowed", r.allowed);
  field("limits", r.limits);
}

void fields(Like<QuotaRecord> auto& r, auto& field) {
  field("allowed", r.allowed);
  field("tier", r.tier);
  field("user_id", r.user_id);
  field("state", r.state);
  field("limits", r.limits);
  field("keys", r.keys);
}

void fields(Like<SecretRecord> auto& r, auto& field) {
  field("prefix", r.prefix);
  field("last_four", r.last_four);
  field("created", r.created);
  field("expires_at", r.expires_at);
}

void fields(Like<KeyRecord> auto& r, auto& field) {
  field("id", r.id);
  field("user_id", r.user_id);
  field("name", r.name);
  field("tier", r.tier);
  field("state", r.state);
  field("created", r.created);
  field("expires_at", r.expires_at);
  field("revoked_at", r.revoked_at);
  field("secrets", r.secrets);
  field.maybe("secret", r.secret);
}

void fields(Like<KeyList> auto& r, auto& field) {
  field("keys", r.keys);
  field("next_after", r.next_after);
}

void fields(Like<ImportRecord> auto& r, auto& field) {
  field("made", r.made);
  field("unchanged", r.unchanged);
  field("unknown_tiers", r.unknown_tiers);
}

void fields(Like<UsageTotals> auto& r, auto& field) {
  field("allowed", r.allowed);
  field("denied", r.denied);
}

void fields(Like<UsageBucket> auto& r, auto& field) {
  field("at", r.at);
  field("allowed", r.allowed);
  field("denied", r.denied);
}

void fields(Like<UsageRecord> auto& r, auto& field) {
  field("key_id", r.key_id);
  field("user_id", r.user_id);
  field("since", r.since);
  field("step_seconds", r.step_seconds);
  field("last_used", r.last_used);
  field("total", r.total);
  field("buckets", r.buckets);
}

void fields(Like<LoudRecord> auto& r, auto& field) {
  field("key_id", r.key_id);
  field("user_id", r.user_id);
  field("requests_per_second", r.requests_per_second);
  field("denied_per_second", r.denied_per_second);
}

void fields(Like<TopRecord> auto& r, auto& field) {
  field("window_seconds", r.window_seconds);
  field("loudest", r.loudest);
}

void fields(Like<AuditRecord> auto& r, auto& field) {
  field("id", r.id);
  field("at", r.at);
  field("actor", r.actor);
  field("origin", r.origin);
  field("action", r.action);
  field("subject", r.subject);
  field("before", r.before);
  field("after", r.after);
}

void fields(Like<AuditList> auto& r, auto& field) {
  field("entries", r.entries);
  field("next_before", r.next_before);
}

void fields(Like<ListenerRecord> auto& r, auto& field) {
  field("data", r.data);
  field("admin", r.admin);
}

void fields(Like<PolicySummary> auto& r, auto& field) {
  field("version", r.version);
  field("source", r.source);
  field("tiers", r.tiers);
  field("loaded", r.loaded);
  field("refused", r.refused);
  field("file_faults", r.file_faults);
}

void fields(Like<StoreSummary> auto& r, auto& field) {
  field("kind", r.kind);
  field("buckets", r.buckets);
  field("max_buckets", r.max_buckets);
  field("bytes", r.bytes);
  field("max_bytes", r.max_bytes);
  field("evicted_live", r.evicted_live);
  field("expired", r.expired);
  field.maybe("shared", r.shared);
}

void fields(Like<TierDecisions> auto& r, auto& field) {
  field("allowed", r.allowed);
  field("denied", r.denied);
}

void fields(Like<DecisionTotals> auto& r, auto& field) {
  field("allowed", r.allowed);
  field("denied", r.denied);
  field("unauthenticated", r.unauthenticated);
  field("by_tier", r.by_tier);
}

void fields(Like<Rates> auto& r, auto& field) {
  field("window_seconds", r.window_seconds);
  field("requests_per_second", r.requests_per_second);
  field("denied_per_second", r.denied_per_second);
}

void fields(Like<Snapshot> auto& r, auto& field) {
  field("version", r.version);
  field("instance", r.instance);
  field("uptime_seconds", r.uptime_seconds);
  field("dev", r.dev);
  field("listeners", r.listeners);
  field("health", r.health);
  field("policy", r.policy);
  field("store", r.store);
  field("fleet", r.fleet);
  field("decisions", r.decisions);
  field("rates", r.rates);
}

}  // namespace rl::client
