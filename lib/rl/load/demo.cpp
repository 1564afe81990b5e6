#include "rl/load/demo.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

#include "rl/base/file.h"
#include "rl/config/policy_file.h"
#include "rl/load/health_switch.h"
#include "rl/load/own_redis.h"
#include "rl/load/own_server.h"

namespace rl::load {
namespace {

Result<DemoPlan, Abort> read_plan(const DemoOptions& options) {
  const auto policy = load_policy(options.tiers_path);
  if (!policy) {
    std::string faults;
    for (const Diagnostic& diagnostic : policy.error()) {
      faults += (faults.empty() ? "" : "\n") + diagnostic.to_string();
    }
    return fail_with(Abort{ExitCode::kUsage, {faults}});
  }
  auto plan = plan_demo(*policy, options.rate);
  if (!plan) {
    return fail_with(Abort{ExitCode::kUsage, plan.error()});
  }
  return std::move(*plan);
}

/// The admin token that the server wrote, without its line end.
std::string read_token(const std::string& path) {
  std::string token = read_file(path).value_or("");
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  return token;
}

/// Over all phases: what was sent, over the time that it took.
Rate achieved_over(const std::vector<PhaseResult>& phases) {
  std::chrono::duration<double> took{};
  std::uint64_t sent = 0;
  for (const PhaseResult& phase : phases) {
    sent += phase.run.sent;
    took += (phase.run.last_sent - phase.run.started) + phase.run.planned.interval();
  }
  return {.per_second = static_cast<double>(sent) / took.count()};
}

/// One demo under way: the phases in order, and what they leave in the report.
class Demo {
 public:
  Demo(const DemoOptions& options, const DemoPlan& plan, const std::vector<OwnServer>& servers,
       const Clock& clock, const Pacer& pacer)
      : options_(options), plan_(plan), servers_(servers), clock_(clock), pacer_(pacer) {}

  DemoReport drive(const std::stop_token& stop) {
    DemoReport report{.version = options_.version,
                      .seed = options_.seed,
                      .planned = options_.rate,
                      .servers = servers_.size()};
    drive_phase(HealthState::kNormal, report, stop);
    if (stop.stop_requested()) {
      return report;
    }
    if (const auto switched = switch_to_degraded(stop)) {
      report.switched_after = *switched;
      drive_phase(HealthState::kDegraded, report, stop);
    } else {
      report.problems.push_back(switched.error().message);
    }
    report.achieved = achieved_over(phases_);
    LatencyHistogram corrected;
    for (const PhaseResult& phase : phases_) {
      corrected.merge(phase.corrected);
    }
    report.corrected = corrected.summary();
    return report;
  }

 private:
  void drive_phase(HealthState state, DemoReport& report, const std::stop_token& stop) {
    const std::string_view name = to_string(state);
    options_.progress(fmt::format("{}: {} requests in {:.1f} s", name, plan_.schedule.size(),
                                  std::chrono::duration<double>(plan_.schedule.length()).count()));
    PhaseResult phase = run_phase({.plan = plan_,
                                   .state = state,
                                   .seed = options_.seed,
                                   .servers = listeners(),
                                   .connections = options_.connections,
                                   .clock = clock_,
                                   .pacer = pacer_},
                                  stop);
    report.cells.insert(report.cells.end(), phase.cells.begin(), phase.cells.end());
    for (const std::string& doubt : phase.doubts) {
      report.doubts.push_back(fmt::format("{}: {}", name, doubt));
    }
    if (report.store.empty()) {
      report.store = phase.store;
    }
    phases_.push_back(std::move(phase));
  }

  std::vector<Address> listeners() const {
    std::vector<Address> listeners;
    for (const OwnServer& server : servers_) {
      listeners.push_back(server.data());
    }
    return listeners;
  }

  Result<Micros> switch_to_degraded(const std::stop_token& stop) const {
    const std::string suffix = fmt::format("s{:x}-probe", options_.seed);
    return switch_health({.admin = servers_.front().admin(),
                          .token = read_token(servers_.front().token_path()),
                          .data = listeners(),
                          .target = std::string(kDemoPath),
                          .probe_key = demo_key(plan_.tiers.front().name, suffix),
                          .state = HealthState::kDegraded},
                         clock_, pacer_, stop);
  }

  const DemoOptions& options_;
  const DemoPlan& plan_;
  const std::vector<OwnServer>& servers_;
  const Clock& clock_;
  const Pacer& pacer_;
  std::vector<PhaseResult> phases_;
};

}  // namespace

Result<DemoReport, Abort> run_demo(const DemoOptions& options, const Clock& clock,
                                   const Pacer& pacer, const std::stop_token& stop) {
  const auto plan = read_plan(options);
  if (!plan) {
    return fail_with(plan.error());
  }
  if (options.servers > 1 && !options.redis) {
    return fail_with(
        Abort{ExitCode::kUsage,
              {fmt::format("{} servers with their counters in memory count each for itself",
                           options.servers),
               "give --store redis, so that they share every count"}});
  }
  std::optional<OwnRedis> redis;  // goes after the servers
  if (options.redis) {
    auto started = OwnRedis::start({.program = options.redis_server}, clock, stop);
    if (!started) {
      return fail_with(started.error());
    }
    redis.emplace(std::move(*started));
  }
  std::vector<OwnServer> servers;
  while (servers.size() < options.servers) {
    auto server = OwnServer::start({.program = options.rlserver,
                                    .tiers_path = options.tiers_path,
                                    .redis_url = redis ? redis->url() : ""},
                                   clock, stop);
    if (!server) {
      return fail_with(server.error());
    }
    options.progress(fmt::format("rlload {}: {} serves {}", options.version, options.rlserver,
                                 server->data().to_string()));
    servers.push_back(std::move(*server));
  }
  DemoReport report = Demo(options, *plan, servers, clock, pacer).drive(stop);
  if (stop.stop_requested()) {
    return fail_with(Abort{ExitCode::kInterrupted, {"interrupted"}});
  }
  return report;
}

}  // namespace rl::load
