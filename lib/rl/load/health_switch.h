#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "rl/base/address.h"
#include "rl/base/result.h"
#include "rl/limit/rule.h"
#include "rl/load/pacer.h"

namespace rl::load {

/// Where the health is switched, and how its effect is seen.
struct SwitchSetup {
  Address admin;
  std::string token;
  std::vector<Address> data;                  ///< of every server that must follow
  std::string target;                         ///< a limited endpoint of the data listener
  std::string probe_key;                      ///< an API key whose quota nobody else needs
  HealthState state;                          ///< to switch to
  Micros patience = std::chrono::seconds{5};  ///< until all must follow
};

/// Switches the health, then asks the target of each server until X-RateLimit-Context shows the new
/// state with at least the acknowledged version. Returns the time from the acknowledgement to the
/// last of these replies; fails when the switch was refused, or was not seen within the patience or
/// before a stop.
Result<Micros> switch_health(const SwitchSetup& setup, const Clock& clock, const Pacer& pacer,
                             const std::stop_token& stop);

}  // namespace rl::load
