#include "rl/client/top_report.h"

#include <fmt/core.h>

namespace rl::client {
namespace {

struct TierRate {
  double requests = 0;
  double denied = 0;
};

/// Per second between the two snapshots. Counts that went down are those of a server that was
/// started anew: they began at nothing.
std::map<std::string, TierRate> rates_of(const Top& top) {
  std::map<std::string, TierRate> rates;
  const auto difference = [&](std::uint64_t before, std::uint64_t now) {
    return static_cast<double>(now >= before ? now - before : now) / top.seconds;
  };
  for (const auto& [tier, now] : top.now.decisions.by_tier) {
    const auto found = top.before.decisions.by_tier.find(tier);
    const TierDecisions before =
        found == top.before.decisions.by_tier.end() ? TierDecisions{} : found->second;
    const double denied = difference(before.denied, now.denied);
    rates[tier] = {.requests = difference(before.allowed, now.allowed) + denied, .denied = denied};
  }
  return rates;
}

TierRate sum_of(const std::map<std::string, TierRate>& rates) {
  TierRate sum;
  for (const auto& [tier, rate] : rates) {
    sum.requests += rate.requests;
    sum.denied += rate.denied;
  }
  return sum;
}

std::string per_second(double rate) {
  return fmt::format("{:.1f}", rate);
}

Cell denied_cell(double rate) {
  return {per_second(rate), rate > 0 ? Tone::kWarn : Tone::kPlain};
}

}  // namespace

std::string top_screen(const Top& top, const Display& display) {
  const auto rates = rates_of(top);
  const TierRate sum = sum_of(rates);
  Table tiers({{"TIER"}, {"REQUESTS/S", true}, {"429/S", true}});
  for (const auto& [tier, rate] : rates) {
    tiers.add({tier, per_second(rate.requests), denied_cell(rate.denied)});
  }
  tiers.add({"all", per_second(sum.requests), denied_cell(sum.denied)});
  Table keys({{"KEY"}, {"USER", true}, {"REQUESTS/S", true}, {"429/S", true}});
  for (const LoudRecord& loud : top.loudest.loudest) {
    keys.add({loud.key_id.value_or("without"), std::to_string(loud.user_id),
              per_second(loud.requests_per_second), denied_cell(loud.denied_per_second)});
  }
  return fmt::format("instance {}, {}, {}\n\n{}\n{}", top.now.instance,
                     to_string(top.now.health.state), top.now.store.kind, tiers.render(display),
                     keys.render(display));
}

std::string top_line(const Top& top) {
  const auto rates = rates_of(top);
  const TierRate sum = sum_of(rates);
  std::string line = fmt::format("{} requests/s={} 429/s={}", to_string(top.now.health.state),
                                 per_second(sum.requests), per_second(sum.denied));
  for (const auto& [tier, rate] : rates) {
    line += fmt::format(" {}={}", tier, per_second(rate.requests));
  }
  if (!top.loudest.loudest.empty()) {
    const LoudRecord& loud = top.loudest.loudest.front();
    line += fmt::format(" loudest={} user={} {}", loud.key_id.value_or("without"), loud.user_id,
                        per_second(loud.requests_per_second));
  }
  return line;
}

}  // namespace rl::client
