#include <fmt/core.h>

#include "instance.h"
#include "options.h"
#include "rl/base/process.h"
#include "rl/config/policy_file.h"

int main(int argc, char** argv) {
  rl::keep_standard_streams();
  const auto parsed = rlserver::parse_options(argc, argv);
  if (const auto* const status = std::get_if<rlserver::ExitStatus>(&parsed)) {
    return *status;
  }
  const auto& options = std::get<rlserver::Options>(parsed);

  auto policy = rl::load_policy(options.tiers);
  if (!policy) {
    for (const rl::Diagnostic& diagnostic : policy.error()) {
      rlserver::note(diagnostic.to_string());
    }
    return rlserver::kBadConfiguration;
  }
  if (options.check_config) {
    fmt::print("{}: ok, {} tiers\n", options.tiers, policy->tiers.size());
    return rlserver::kOk;
  }
  return rlserver::run(options, *std::move(policy));
}
