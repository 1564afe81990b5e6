#include "rl/client/report.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "rl/base/duration.h"

namespace rl::client {
namespace {

Cell state_cell(HealthState state) {
  return {std::string(to_string(state)), state == HealthState::kNormal ? Tone::kGood : Tone::kWarn};
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// "3d 4h", "5m 10s", "12s": the two largest units, which is all one wants of an age.
std::string age(std::chrono::seconds duration) {
  const std::int64_t s = duration.count();
  if (s >= 86'400) return fmt::format("{}d {}h", s / 86'400, s % 86'400 / 3600);
  if (s >= 3600) return fmt::format("{}h {}m", s / 3600, s % 3600 / 60);
  if (s >= 60) return fmt::format("{}m {}s", s / 60, s % 60);
  return fmt::format("{}s", s);
}

/// "set by alice: GPU pool at 98 %", or nothing when neither is known.
std::string who_and_why(const HealthRecord& health) {
  if (health.by.empty()) {
    return health.reason;
  }
  return health.reason.empty() ? fmt::format("set by {}", health.by)
                               : fmt::format("set by {}: {}", health.by, health.reason);
}

void add_health_rows(Table& table, const HealthRecord& health) {
  table.add({"health", state_cell(health.state)});
  table.add({"version", number(health.version)});
  table.add({"source", health.source});
  if (const std::string text = who_and_why(health); !text.empty()) {
    table.add({"reason", text});
  }
  table.add({"since", health.since});
  table.add({"expires", health.expires_at.value_or("never")});
}

std::string store_text(const StoreSummary& store) {
  const std::string lost =
      store.evicted_live == 0 ? "" : fmt::format(", {} evicted while in use", store.evicted_live);
  constexpr double kMebibyte = 1 << 20;
  return fmt::format("{}, {} of at most {} buckets, {:.1f} of {:.0f} MiB{}", store.kind,
                     store.buckets, store.max_buckets, static_cast<double>(store.bytes) / kMebibyte,
                     static_cast<double>(store.max_bytes) / kMebibyte, lost);
}

Cell shared_store_cell(const SharedStoreRecord& shared) {
  const bool asked = shared.breaker == "closed" && shared.reachable;
  const auto ms = [](std::int64_t us) { return static_cast<double>(us) / 1000; };
  const std::string figures = fmt::format(
      "p50 {:.1f} ms, p99 {:.1f} ms, {} waiting, {} decided without it, clock {:+.1f} ms",
      ms(shared.call_p50_us), ms(shared.call_p99_us), shared.queued, shared.fallback,
      ms(shared.clock_ahead_us));
  return {fmt::format("{}, breaker {}, {}", shared.reachable ? "reachable" : "not reachable",
                      shared.breaker, figures),
          asked ? Tone::kPlain : Tone::kBad};
}

/// "redis 0.8 ms": what counts there and the p99 of its calls.
Cell instance_store_cell(const std::optional<InstanceStore>& store) {
  if (!store) {
    return {""};
  }
  return {fmt::format("{} {:.1f} ms", store->kind, static_cast<double>(store->call_p99_us) / 1000),
          store->kind == "fallback" ? Tone::kBad : Tone::kPlain};
}

Cell fleet_cell(const FleetSummary& fleet) {
  const std::size_t count = fleet.instances.size();
  const std::string text = fmt::format("{} instance{}", count, count == 1 ? "" : "s");
  if (!fleet.reachable) {
    return {"the other instances cannot be reached", Tone::kBad};
  }
  return fleet.subscribed
             ? Cell(text)
             : Cell(text + ", changes of the health are seen within 300 ms", Tone::kWarn);
}

std::string notes(const CheckedLimit& limit, const std::optional<std::string>& binding) {
  std::vector<std::string_view> words;
  if (binding == limit.name) {
    words.emplace_back("binding");
  }
  if (!limit.enforce) {
    words.emplace_back("shadow");
  }
  if (!limit.allowed) {
    words.emplace_back(limit.enforce ? "denies" : "would deny");
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string verdict(const CheckReply& reply, const Display& display) {
  std::string text = paint(reply.allowed ? "allowed" : "denied",
                           reply.allowed ? Tone::kGood : Tone::kBad, display);
  text += fmt::format(": user {}, tier {}, cost {}, {}, {}", reply.user_id, printable(reply.tier),
                      reply.cost, to_string(reply.state),
                      reply.consumed ? "units taken" : "nothing taken");
  if (!reply.allowed && reply.retry_after_seconds.has_value()) {
    text += fmt::format(", retry after {}", format_duration(*reply.retry_after_seconds));
  } else if (!reply.allowed) {
    text += ", can never pass: the cost is above the limit";
  }
  return text + "\n";
}

/// "20/1m, 300/1h" with the number that `pick` chooses.
std::string limits_text(const TierRecord& tier, std::uint32_t LimitRecord::*pick) {
  if (tier.unlimited) {
    return "unlimited";
  }
  std::vector<std::string> words;
  for (const LimitRecord& limit : tier.limits) {
    words.push_back(fmt::format("{}/{}", limit.*pick, limit.window));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

Table limit_table() {
  return Table({{"OF"},
                {"RULE"},
                {"NOW", true},
                {"BASE", true},
                {"BURST", true},
                {"DEGRADED", true},
                {"WINDOW"},
                {"SCOPE"},
                {"ALGORITHM"},
                {"ENFORCED"}});
}

void add_limits(Table& table, const std::string& of, const std::vector<LimitRecord>& limits) {
  for (const LimitRecord& limit : limits) {
    table.add({of, limit.name, number(limit.effective), number(limit.base), number(limit.burst),
               number(limit.degraded), limit.window, limit.scope, limit.algorithm,
               limit.enforce ? "yes" : "no"});
  }
}

void add_tier(Table& table, const TierRecord& tier) {
  if (tier.unlimited) {
    table.add({tier.name, "unlimited", "", "", "", "", "", "", "", ""});
  }
  add_limits(table, tier.name, tier.limits);
}

}  // namespace

std::string status_report(const Snapshot& snapshot, const Display& display) {
  Table facts({{""}, {""}});
  add_health_rows(facts, snapshot.health);
  facts.add({"policy", fmt::format("version {}, {}, {} tiers", snapshot.policy.version,
                                   snapshot.policy.source, snapshot.policy.tiers)});
  if (const std::uint64_t faults = snapshot.policy.file_faults; faults > 0) {
    facts.add({"tiers file",
               {fmt::format("not in force: {} fault{}, rlctl tiers show tells them", faults,
                            faults == 1 ? "" : "s"),
                Tone::kBad}});
  }
  facts.add({"store", store_text(snapshot.store)});
  if (snapshot.store.shared) {
    facts.add({"shared store", shared_store_cell(*snapshot.store.shared)});
  }
  if (snapshot.fleet.shared) {
    facts.add({"fleet", fleet_cell(snapshot.fleet)});
  }
  facts.add(
      {"instance", fmt::format("{}, rlserver {}, up {}{}", snapshot.instance, snapshot.version,
                               age(snapshot.uptime_seconds), snapshot.dev ? ", dev mode" : "")});
  facts.add({"data", snapshot.listeners.data});
  facts.add({"admin", snapshot.listeners.admin});
  facts.add(
      {"requests", fmt::format("{:.1f}/s, {:.1f}/s denied (429), over the last {}",
                               snapshot.rates.requests_per_second, snapshot.rates.denied_per_second,
                               format_duration(snapshot.rates.window_seconds))});

  const DecisionTotals& totals = snapshot.decisions;
  Table decisions({{"DECISIONS"}, {"ALLOWED", true}, {"DENIED", true}});
  for (const auto& [tier, counts] : totals.by_tier) {
    decisions.add({tier, number(counts.allowed), number(counts.denied)});
  }
  decisions.add({"all", number(totals.allowed), number(totals.denied)});
  decisions.add({"unauthenticated", "", number(totals.unauthenticated)});
  std::string out = facts.render(display) + "\n" + decisions.render(display);
  if (snapshot.fleet.shared) {
    Table instances({{"INSTANCE"},
                     {"DATA"},
                     {"ADMIN"},
                     {"VERSION"},
                     {"POLICY", true},
                     {"HEALTH"},
                     {"HEALTH VERSION", true},
                     {"STORE"}});
    for (const InstanceRecord& one : snapshot.fleet.instances) {
      instances.add({one.id, one.data, one.admin, one.version, number(one.policy_version),
                     state_cell(one.state), number(one.health_version),
                     instance_store_cell(one.store)});
    }
    out += "\n" + instances.render(display);
  }
  return out;
}

std::string health_report(const HealthRecord& health, const Display& display) {
  Table facts({{""}, {""}});
  add_health_rows(facts, health);
  std::string out = facts.render(display);
  if (!health.instances.empty()) {
    Table instances({{"INSTANCE"}, {"STATE"}, {"VERSION", true}});
    for (const InstanceHealth& instance : health.instances) {
      instances.add({instance.id, state_cell(instance.state), number(instance.version)});
    }
    out += "\n" + instances.render(display);
  }
  return out;
}

std::string health_change(HealthState before, const HealthRecord& health, const Display& display) {
  Table line({{""}, {""}, {""}});
  line.add({fmt::format("{} -> {}", to_string(before), to_string(health.state)),
            "version " + number(health.version),
            health.expires_at.has_value() ? "expires " + *health.expires_at : "never expires"});
  return line.render(display);
}

std::string health_line(const HealthRecord& health, const Display& display) {
  Table line({{""}, {""}, {""}, {""}, {""}});
  line.add({health.since, state_cell(health.state), "version " + number(health.version),
            health.source, who_and_why(health)});
  return line.render(display);
}

std::string health_history(const HealthHistory& history, const Display& display) {
  Table table({{"SINCE"}, {"STATE"}, {"VERSION", true}, {"SOURCE"}, {"EXPIRES"}, {"WHY"}});
  for (auto record = history.records.rbegin(); record != history.records.rend(); ++record) {
    table.add({record->since, state_cell(record->state), number(record->version), record->source,
               record->expires_at.value_or("never"), who_and_why(*record)});
  }
  return table.render(display);
}

std::string check_report(const CheckReply& reply, const Display& display) {
  std::string out = verdict(reply, display);
  if (reply.limits.empty()) {
    return out + "no limit applies\n";
  }
  Table rules({{"RULE"}, {"LIMIT", true}, {"REMAINING", true}, {"RESET", true}, {"NOTE"}});
  for (const CheckedLimit& limit : reply.limits) {
    const bool denies = !limit.allowed && limit.enforce;
    rules.add({limit.name,
               number(limit.limit),
               number(limit.remaining),
               format_duration(limit.reset_seconds),
               {notes(limit, reply.binding), denies ? Tone::kBad : Tone::kPlain}});
  }
  return out + rules.render(display);
}

std::string update_report(const UpdateRecord& update, const Display& display) {
  const std::size_t count = update.changes.size();
  const std::string changes = fmt::format("{} change{}", count, count == 1 ? "" : "s");
  std::string out;
  if (update.dry_run) {
    out =
        fmt::format("policy v{} in force, {} if this is applied\n", update.policy_version, changes);
  } else if (update.policy_version == update.previous_version) {
    out = fmt::format("policy v{} stays in force: nothing to change\n", update.policy_version);
  } else {
    out = fmt::format("policy v{} -> v{}, {}\n", update.previous_version, update.policy_version,
                      changes);
  }
  if (count > 0) {
    Table table({{"CHANGE"}, {"WHAT"}, {"BEFORE"}, {"AFTER"}});
    for (const ChangeRecord& change : update.changes) {
      const char* const dot = change.where.empty() || change.member.empty() ? "" : ".";
      table.add({change.kind, change.where + dot + change.member, change.before, change.after});
    }
    out += table.render(display);
  }
  return out;
}

std::string history_report(const HistoryRecord& history, const Display& display) {
  Table table({{"VERSION"}, {"SINCE"}, {"TIERS", true}, {"CHANGES", true}, {"CAUSE"}});
  for (auto revision = history.revisions.rbegin(); revision != history.revisions.rend();
       ++revision) {
    table.add({fmt::format("v{}", revision->version), revision->at, number(revision->tiers),
               number(revision->changes), revision->cause});
  }
  return table.render(display);
}

std::string tier_list(const PolicyRecord& policy, const Display& display) {
  Table table({{"TIER"}, {"SHED ORDER", true}, {"NOW"}, {"NORMAL"}, {"DEGRADED"}, {"DESCRIPTION"}});
  for (const TierRecord& tier : policy.tiers) {
    table.add({tier.name, std::to_string(tier.shed_order),
               limits_text(tier, &LimitRecord::effective), limits_text(tier, &LimitRecord::burst),
               limits_text(tier, &LimitRecord::degraded), tier.description});
  }
  return table.render(display);
}

std::string limit_list(const TierRecord& tier, const Display& display) {
  Table table = limit_table();
  add_tier(table, tier);
  return table.render(display);
}

std::string limit_list(const PolicyRecord& policy, const Display& display) {
  Table table = limit_table();
  for (const TierRecord& tier : policy.tiers) {
    add_tier(table, tier);
  }
  add_limits(table, "global", policy.global);
  for (const RouteRecord& route : policy.routes) {
    add_limits(table, fmt::format("{} (cost {})", route.match, route.cost), route.limits);
    if (route.limits.empty()) {
      table.add({fmt::format("{} (cost {})", route.match, route.cost), "none", "", "", "", "", "",
                 "", "", ""});
    }
  }
  return table.render(display);
}

}  // namespace rl::client
