#include "rl/client/user_report.h"

#include <fmt/core.h>

#include "rl/base/duration.h"

namespace rl::client {
namespace {

Cell state_cell(const std::string& state) {
  return {state, state == "active" ? Tone::kGood : Tone::kBad};
}

std::string shown(const SecretRecord& secret) {
  return fmt::format("{}...{}", secret.prefix, secret.last_four);
}

/// "rlk_ab12...wxyz", and how many others work beside it.
std::string shown(const std::vector<SecretRecord>& secrets) {
  if (secrets.empty()) {
    return "";
  }
  const std::string more =
      secrets.size() > 1 ? fmt::format(" and {} in its grace", secrets.size() - 1) : "";
  return shown(secrets.front()) + more;
}

void add_limits(Table& table, const std::string& of, const std::string& tier,
                const std::vector<CheckedLimit>& limits) {
  if (limits.empty()) {
    table.add({of, tier, "unlimited", "", "", ""});
  }
  for (const CheckedLimit& limit : limits) {
    table.add({of,
               tier,
               limit.name,
               std::to_string(limit.limit),
               {std::to_string(limit.remaining), limit.allowed ? Tone::kPlain : Tone::kBad},
               format_duration(limit.reset_seconds)});
  }
}

}  // namespace

std::string user_list(const UserList& list, const Display& display) {
  Table table({{"ID", true}, {"TIER"}, {"CREATED"}, {"NAME"}});
  for (const UserRecord& user : list.users) {
    table.add({std::to_string(user.id), user.tier, user.created, user.name});
  }
  return table.render(display);
}

std::string quota_report(const QuotaRecord& quota, const Display& display) {
  Table table({{"OF"}, {"TIER"}, {"RULE"}, {"LIMIT", true}, {"REMAINING", true}, {"RESET", true}});
  add_limits(table, fmt::format("user {}", quota.user_id), quota.tier, quota.limits);
  for (const KeyQuota& key : quota.keys) {
    add_limits(table, fmt::format("key {}", key.key_id), key.tier, key.limits);
  }
  return table.render(display);
}

std::string key_list(const KeyList& list, const Display& display) {
  Table table({{"ID"}, {"USER", true}, {"STATE"}, {"TIER"}, {"EXPIRES"}, {"SECRET"}, {"NAME"}});
  for (const KeyRecord& key : list.keys) {
    table.add({key.id, std::to_string(key.user_id), state_cell(key.state),
               key.tier.value_or("the user's"), key.expires_at.value_or("never"),
               shown(key.secrets), key.name});
  }
  return table.render(display);
}

std::string key_report(const KeyRecord& key, const Display& display) {
  Table facts({{""}, {""}});
  facts.add({"key", key.id});
  facts.add({"user", std::to_string(key.user_id)});
  if (!key.name.empty()) {
    facts.add({"name", key.name});
  }
  facts.add({"tier", key.tier.value_or("the user's")});
  facts.add({"state", state_cell(key.state)});
  facts.add({"created", key.created});
  facts.add({"expires", key.expires_at.value_or("never")});
  if (key.revoked_at) {
    facts.add({"revoked", *key.revoked_at});
  }
  for (const SecretRecord& secret : key.secrets) {
    facts.add({"works", fmt::format("{} since {}{}", shown(secret), secret.created,
                                    secret.expires_at ? " until " + *secret.expires_at : "")});
  }
  if (!key.secret.empty()) {
    facts.add({"secret", key.secret});
  }
  return facts.render(display);
}

std::string usage_report(const UsageRecord& usage, const Display& display) {
  Table table({{"AT"}, {"ALLOWED", true}, {"DENIED", true}});
  const auto denied_cell = [](std::uint64_t denied) {
    return Cell(std::to_string(denied), denied > 0 ? Tone::kWarn : Tone::kPlain);
  };
  for (const UsageBucket& bucket : usage.buckets) {
    table.add({bucket.at, std::to_string(bucket.allowed), denied_cell(bucket.denied)});
  }
  table.add({"all since " + usage.since, std::to_string(usage.total.allowed),
             denied_cell(usage.total.denied)});
  if (!usage.key_id) {
    return table.render(display);
  }
  return table.render(display) + fmt::format("last used {}\n", usage.last_used.value_or("never"));
}

std::string audit_report(const AuditList& list, const Display& display) {
  Table table({{"AT"}, {"WHO"}, {"FROM"}, {"ACTION"}, {"WHAT"}, {"BEFORE"}, {"AFTER"}});
  for (const AuditRecord& entry : list.entries) {
    table.add({entry.at, entry.actor, entry.origin, entry.action, entry.subject, entry.before,
               entry.after});
  }
  return table.render(display);
}

}  // namespace rl::client
