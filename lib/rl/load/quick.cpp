#include "rl/load/quick.h"

#include <memory>
#include <optional>
#include <vector>

namespace rl::load {
namespace {

/// What one lane saw; merged when all threads have been joined.
struct Tally {
  std::map<int, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t> errors;
  LatencyHistogram corrected;
  LatencyHistogram raw;

  void count_error(const std::string& message, std::uint64_t times) {
    constexpr std::size_t kKinds = 16;  // a bound, should a message ever carry a varying figure
    const bool known = errors.size() < kKinds || errors.count(message) > 0;
    errors[known ? message : "other errors"] += times;
  }

  void merge(const Tally& other) {
    for (const auto& [status, times] : other.statuses) {
      statuses[status] += times;
    }
    for (const auto& [message, times] : other.errors) {
      count_error(message, times);
    }
    corrected.merge(other.corrected);
    raw.merge(other.raw);
  }
};

class QuickLane final : public Lane {
 public:
  QuickLane(const QuickOptions& options, Tally& tally)
      : request_{.target = options.target.path, .headers = options.headers},
        connection_(options.target.address, options.timeout,
                    options.target.tls ? std::optional(options.tls) : std::nullopt),
        tally_(tally) {}

  Result<client::HttpReply> send(std::uint64_t /*index*/) override {
    return connection_.send(request_);
  }

  void record(std::uint64_t /*index*/, const Timing& timing,
              const Result<client::HttpReply>& reply) override {
    if (!reply) {
      tally_.count_error(reply.error().message, 1);
      return;
    }
    ++tally_.statuses[reply->status];
    tally_.corrected.record(timing.corrected());
    tally_.raw.record(timing.raw());
  }

 private:
  client::HttpRequest request_;
  client::HttpConnection connection_;
  Tally& tally_;
};

}  // namespace

ExitCode QuickReport::exit_code() const {
  if (run.interrupted) {
    return ExitCode::kInterrupted;
  }
  if (statuses.empty()) {
    return ExitCode::kUnreachable;
  }
  return run.kept_schedule() ? ExitCode::kPass : ExitCode::kInconclusive;
}

QuickReport run_quick(const QuickOptions& options, const Clock& clock, const Pacer& pacer,
                      const std::stop_token& stop) {
  std::vector<Tally> tallies(options.connections);
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.reserve(tallies.size());
  for (Tally& tally : tallies) {
    lanes.push_back(std::make_unique<QuickLane>(options, tally));
  }
  QuickReport report{.version = options.version, .url = options.url, .seed = options.seed};
  report.run =
      run(Schedule::for_duration(options.rate, options.duration), lanes, clock, pacer, stop);
  Tally all;
  for (const Tally& tally : tallies) {
    all.merge(tally);
  }
  report.statuses = all.statuses;
  report.errors = all.errors;
  report.corrected = all.corrected.summary();
  report.raw = all.raw.summary();
  return report;
}

}  // namespace rl::load
