#pragma once

#include <memory>
#include <mutex>

#include "rl/config/policy.h"

namespace rl {

/// Holds the policy in force. A reader takes a snapshot and keeps it as long as it needs; a new
/// policy is put in whole. Safe from several threads. (A mutex rather than
/// std::atomic<std::shared_ptr>, whose GCC 12 form ThreadSanitizer reports.)
class PolicyRegister {
 public:
  /// Installs the first policy as version 1.
  explicit PolicyRegister(Policy policy) { install(std::move(policy)); }

  std::shared_ptr<const Policy> snapshot() const {
    const std::lock_guard lock(mutex_);
    return policy_;
  }

  /// Puts the policy in force under the next version, which it returns.
  std::uint64_t install(Policy policy);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;  // guarded by mutex_
};

}  // namespace rl
