#include "rl/load/demo_phase.h"

#include <fmt/core.h>

#include <map>
#include <optional>

#include "rl/base/duration.h"
#include "rl/load/reply_check.h"

namespace rl::load {
namespace {

/// One request of the phase. Written by the thread that sent it, read when all have been joined.
struct Record {
  bool sent = false;
  Timing timing;
  int status = 0;  ///< 0: no reply
  std::optional<std::string> fault;
  std::string store;
};

/// Different faults of one cell that are told; a bound, as a broken server could have thousands.
constexpr std::size_t kFaultKinds = 8;

constexpr Micros kReplyTimeout = std::chrono::seconds{5};

class DemoLane final : public Lane {
 public:
  DemoLane(const PhaseSetup& setup, const std::vector<std::string>& keys,
           std::vector<Record>& records)
      : setup_(setup), keys_(keys), records_(records) {
    for (const Address& server : setup.servers) {
      connections_.emplace_back(server, kReplyTimeout);
    }
  }

  Result<client::HttpReply> send(std::uint64_t index) override {
    client::HttpConnection& connection = connections_[index % connections_.size()];
    return connection.send({.target = std::string(kDemoPath),
                            .headers = {{"X-API-Key", keys_[setup_.plan.order[index]]}}});
  }

  void record(std::uint64_t index, const Timing& timing,
              const Result<client::HttpReply>& reply) override {
    Record& record = records_[index];
    record.sent = true;
    record.timing = timing;
    if (!reply) {
      record.fault = reply.error().message;
      return;
    }
    const DemoTier& tier = setup_.plan.tiers[setup_.plan.order[index]];
    record.status = reply->status;
    record.fault = find_fault(
        *reply, {.tier = tier.name, .state = setup_.state, .limits = tier.limits_in(setup_.state)});
    if (const auto context = context_of(*reply)) {
      record.store = context->store;
    }
  }

 private:
  const PhaseSetup& setup_;
  const std::vector<std::string>& keys_;
  std::vector<Record>& records_;                     // each element is written by one lane alone
  std::vector<client::HttpConnection> connections_;  // one to each server
};

std::vector<std::string> fresh_keys(const PhaseSetup& setup) {
  const std::string_view phase = setup.state == HealthState::kNormal ? "normal" : "degraded";
  std::vector<std::string> keys;
  for (const DemoTier& tier : setup.plan.tiers) {
    keys.push_back(demo_key(tier.name, fmt::format("s{:x}-{}", setup.seed, phase)));
  }
  return keys;
}

Answer answer_of(int status) {
  switch (status) {
    case 200:
      return Answer::kAdmitted;
    case 429:
      return Answer::kDenied;
    default:
      return Answer::kUnknown;
  }
}

Findings judge_tier(const DemoTier& tier, HealthState state,
                    std::span<const Observation> observations) {
  std::vector<ObservedLimit> limits;
  for (const ExactLimit& limit : tier.limits_in(state)) {
    limits.push_back({.window = limit.window, .spans = {{.units = limit.units}}});
  }
  return judge(limits, observations);
}

/// `exact`: whether the phase was short enough that the counts must be met.
DemoCell judge_cell(const PhaseSetup& setup, std::size_t tier, std::span<const Record> records,
                    bool exact) {
  DemoCell cell{.phase = setup.state,
                .tier = setup.plan.tiers[tier].name,
                .expected = setup.plan.expected(tier, setup.state)};
  std::vector<Observation> observations;
  std::map<std::string, std::uint64_t> faults;
  for (std::size_t k = 0; k < records.size(); ++k) {
    const Record& record = records[k];
    if (!record.sent || setup.plan.order[k] != tier) {
      continue;
    }
    ++cell.sent;
    cell.allowed += record.status == 200 ? 1 : 0;
    cell.limited += record.status == 429 ? 1 : 0;
    observations.push_back({.sent = record.timing.sent,
                            .received = record.timing.received,
                            .answer = answer_of(record.status)});
    if (record.fault) {
      ++faults[*record.fault];
    }
  }
  cell.findings = judge_tier(setup.plan.tiers[tier], setup.state, observations);
  if (exact && cell.allowed != cell.expected) {
    cell.problems.push_back(fmt::format("{} allowed, {} expected", cell.allowed, cell.expected));
  }
  if (cell.findings.over_admitted > 0) {
    cell.problems.push_back(
        fmt::format("over-admitted {} within one window", cell.findings.over_admitted));
  }
  if (cell.findings.wrongly_denied > 0) {
    cell.problems.push_back(
        fmt::format("wrongly denied {} that fitted for certain", cell.findings.wrongly_denied));
  }
  for (const auto& [fault, times] : faults) {
    if (cell.problems.size() < kFaultKinds) {
      cell.problems.push_back(fmt::format("{} (in {} of {} requests)", fault, times, cell.sent));
    }
  }
  return cell;
}

}  // namespace

PhaseResult run_phase(const PhaseSetup& setup, const std::stop_token& stop) {
  const std::vector<std::string> keys = fresh_keys(setup);
  std::vector<Record> records(setup.plan.order.size());
  std::vector<std::unique_ptr<Lane>> lanes;
  for (std::size_t i = 0; i < setup.connections; ++i) {
    lanes.push_back(std::make_unique<DemoLane>(setup, keys, records));
  }
  PhaseResult result;
  result.run = run(setup.plan.schedule, lanes, setup.clock, setup.pacer, stop);

  const bool exact = result.run.last_received - result.run.started < setup.plan.shortest_window;
  if (!result.run.kept_schedule()) {
    result.doubts.push_back(fmt::format(
        "only {:.1f}/s of the planned {} were achieved; try a lower --rate or more --connections",
        result.run.achieved().per_second, result.run.planned.to_string()));
  }
  if (!exact) {
    result.doubts.push_back(
        fmt::format("it took longer than the window {}, so that units were freed in between",
                    format_duration(setup.plan.shortest_window)));
  }
  std::uint64_t without_store = 0;
  for (const Record& record : records) {
    without_store += record.store == "fallback" ? 1 : 0;
    if (record.status != 0) {
      result.corrected.record(record.timing.corrected());
    }
    if (result.store.empty()) {
      result.store = record.store;
    }
  }
  if (without_store > 0) {
    result.doubts.push_back(fmt::format("{} requests were decided without Redis", without_store));
  }
  for (std::size_t tier = 0; tier < setup.plan.tiers.size(); ++tier) {
    result.cells.push_back(judge_cell(setup, tier, records, exact && !result.run.interrupted));
  }
  return result;
}

}  // namespace rl::load
