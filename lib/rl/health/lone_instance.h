#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "rl/health/fleet.h"

namespace rl {

/// A fleet of one: nothing is shared, and the register is the truth. Safe from several threads.
class LoneInstance final : public Fleet {
 public:
  /// `self` tells of this instance. The register outlives it.
  LoneInstance(HealthRegister& health, std::function<InstanceRecord()> self)
      : health_(health), self_(std::move(self)) {}

  /// Never fails.
  Result<HealthRecord> set_health(HealthChange change) override {
    return health_.set(std::move(change));
  }
  std::vector<HealthRecord> history() override { return health_.history(); }
  std::vector<InstanceRecord> instances() override { return {self_()}; }
  FleetStats stats() const override { return {}; }

 private:
  HealthRegister& health_;
  const std::function<InstanceRecord()> self_;
};

}  // namespace rl
